// Lambda starts Web Functions with Node.js; this starts the binary, hands signals on to it, and ends as it ends.
const { spawn } = require("node:child_process");
const app = spawn(`${__dirname}/web-function`, { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => app.kill(signal));
app.on("error", (error) => { console.error(error); process.exit(1); });
app.on("exit", (code) => process.exit(code ?? 1));
