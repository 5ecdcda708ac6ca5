//! Flags and configurations: what is explained, and what is refused.

use std::net::TcpListener;

use crate::scripted::command_line;
use crate::{Running, directory, http, run, serve, sippycup};

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = sippycup(&["serve", "--listen", &address, "--"]);
    command.args(command_line()).env("SCRIPT", "path");
    let (code, _, err) = run(command);
    assert_eq!(code, 1);
    assert!(
        err.contains(&format!("cannot listen on {address}")) && err.contains("choose another address with --listen"),
        "{err}"
    );
}

#[test]
fn wrong_flags_are_told_and_exit_with_2() {
    let nowhere = directory("nowhere");
    for (arguments, parts) in [
        (
            "serve --kind soap -- true",
            &[
                "invalid value 'soap' for '--kind <KIND>'",
                "url, http-1.0, http, alb, alb-multi, rest, lattice-v1, lattice",
            ][..],
        ),
        ("serve --colour -- true", &["unexpected argument '--colour'", "a similar argument exists: '--color'"]),
        ("srve -- true", &["unrecognized subcommand 'srve'", "a similar subcommand exists: 'serve'"]),
        ("--kind rest -- true", &["unexpected argument '--kind'", "`sippycup help` has the subcommands"]),
        (
            "serve --listen here -- true",
            &["'--listen <ADDRESS>': expected an address like 127.0.0.1:9000, found `here`"],
        ),
        ("serve --tls cert.pem -- true", &["'--tls [<CERTIFICATE,KEY>]': expected `self-signed`, or the files"]),
        ("serve --tls no.pem,no.key -- true", &["--tls: cannot read no.pem: No such file or directory"]),
        ("serve --var novalue -- true", &["'--var <NAME=VALUE>': expected a name, `=` and a value, found `novalue`"]),
        ("serve --concurrency 0 -- true", &["'--concurrency <N>': expected at least 1"]),
        ("serve --timeout=-1 -- true", &["'--timeout <SECONDS>': expected a positive number of seconds"]),
        ("serve --kind alb --stage prod -- true", &["--stage: a load balancer has no stage"]),
        ("serve --kind http --stream -- true", &["--stream: an HTTP API cannot stream"]),
        ("serve --kind alb --stream -- true", &["--stream: a load balancer cannot stream"]),
        ("event --kind lattice --stream /x", &["--stream: VPC Lattice cannot stream"]),
        ("serve --kind http --binary */* -- true", &["--binary: an HTTP API has no binary media types"]),
        ("serve --kind alb --binary */* -- true", &["--binary: a load balancer has no binary media types"]),
        ("serve --kind rest --binary image -- true", &["--binary: binary media type `image`: expected one such as"]),
        (
            "serve --allow-host https://tunnel.example -- true",
            &[
                "'--allow-host <NAME>': allowed host `https://tunnel.example`: expected a name",
                "without scheme and port",
            ],
        ),
        ("serve --allow-host tunnel.example:443 -- true", &["allowed host `tunnel.example:443`: expected a name"]),
        ("serve --kind url --claims {} -- true", &["--claims: a function URL has no such authorizer"]),
        ("serve --kind alb --claims {} -- true", &["--claims: a load balancer has no such authorizer"]),
        (
            "serve --kind lattice --lambda-authorizer {} -- true",
            &["--lambda-authorizer: VPC Lattice has no such authorizer"],
        ),
        ("serve --kind url --domain a.example -- true", &["--domain: a function URL has no base path mappings"]),
        ("serve --kind alb --base-path shop -- true", &["--base-path: a load balancer has no base path mappings"]),
        ("serve --kind http --stage-in-path -- true", &["--stage-in-path: ", "needs a stage"]),
        (
            "serve --claims {} --lambda-authorizer {} -- true",
            &["--lambda-authorizer", "cannot be used with", "--claims"],
        ),
        ("serve --build make -- true", &["required arguments were not provided", "--watch"]),
        ("serve --attach --env A=b", &["'--env <NAME=VALUE>'", "cannot be used with", "--attach"]),
        ("serve --attach --watch", &["'--watch[=<PATH>]'", "cannot be used with", "--attach"]),
        ("serve --attach --memory 256", &["'--memory <MB>'", "cannot be used with", "--attach"]),
        ("serve --listen 127.0.0.1:0 --events /dev/null/x -- true", &["--events: cannot record in /dev/null/x: "]),
        ("serve --claims notjson -- true", &["invalid value 'notjson' for '--claims <JSON>': expected a JSON object"]),
        (
            "serve --kind alb --health-check healthz -- true",
            &["--health-check: health check: expected a path with a leading slash"],
        ),
        (
            "serve --kind lattice --health-check / -- true",
            &["--health-check: VPC Lattice checks the health of no function"],
        ),
        (
            "serve --kind rest --health-check / -- true",
            &["--health-check: a REST API checks the health of no function"],
        ),
        ("event --kind alb --health-check / /x", &["--health-check: no event shows it"]),
        ("serve --listen no.such.host.invalid:1 -- true", &["--listen", "no.such.host.invalid:1"]),
        ("replay no-such-recording -- true", &["DIR: no-such-recording: No such file or directory"]),
        ("serve --route x -- true", &["--route: route `x`: expected a path with a leading slash, or $default"]),
        ("serve --claims [] -- true", &["'--claims <JSON>': expected a JSON object"]),
        ("serve --color blue -- true", &["invalid value 'blue' for '--color <WHEN>'", "auto, always, never"]),
        ("serve cargo run", &["unexpected argument 'cargo'", "the function's command stands behind `--`"]),
        (
            "serve",
            &["expected the function's command behind `--`, or --attach, or --config", "; see `sippycup serve --help`"],
        ),
        ("serve --attach -- true", &["'--attach[=<ADDRESS>]'", "cannot be used with", "'[COMMAND]...'"]),
        ("serve --config x.toml -- true", &["'[COMMAND]...'", "cannot be used with", "'--config <FILE>'"]),
        ("serve --config x.toml --kind rest", &["--kind <KIND>'", "cannot be used with", "'--config <FILE>'"]),
        ("serve --config x.toml --attach", &["'--attach[=<ADDRESS>]'", "cannot be used with", "'--config <FILE>'"]),
        ("serve -- no-such-program-anywhere", &["cannot start the function: no program `no-such-program-anywhere`"]),
        ("serve --config no-such-file.toml", &["--config: no-such-file.toml: No such file or directory"]),
        ("serve --watch=no-such-directory -- true", &["--watch: no-such-directory: No such file or directory"]),
        ("event", &["<REQUEST>"]),
        ("event x", &["invalid value 'x' for '<REQUEST>': expected a request line like `GET /path`"]),
        (
            "event --kind rest /x",
            &[
                "the gateway refuses this request: `/x` is under no stage or mapping; paths begin with `/prod`",
                "tip: type 'GET /prod/x'",
            ],
        ),
        ("event --kind rest /", &["tip: type 'GET /prod/'"]),
        ("event --kind http --base-path a --base-path b /x?y=1", &["tip: type 'GET /a/x?y=1'"]),
        ("event --kind rest --base-path a --stage-in-path --stage v1 /x", &["tip: type 'GET /a/v1/x'"]),
        ("event --kind http --gateway-timeout 5 /x", &["--gateway-timeout: no event shows it"]),
        ("event --kind url --stream /x", &["--stream: no event shows it"]),
        ("invoke x.json --concurrency 2 -- true", &["--concurrency belongs to `sippycup serve`"]),
        ("send sqs --concurrency 2 -- true", &["--concurrency belongs to `sippycup serve`"]),
        ("send sqs --watch -- true", &["--attach, --build and --watch belong to `sippycup serve`"]),
        ("replay x --concurrency 2 -- true", &["--concurrency belongs to `sippycup serve`"]),
        ("event --kind rest --var A=b --var A=c /prod/", &["--var: stage variable `A`: it has a value already"]),
        ("serve -- .", &["cannot start the function: no program `.`"]),
        ("serve --name= -- true", &["--name: expected a name"]),
        ("serve --timeout 1e18 -- true", &["'--timeout <SECONDS>': expected a positive number of seconds"]),
        ("serve --gateway-timeout 1e19 -- true", &["'--gateway-timeout <SECONDS>': expected a positive number"]),
        ("event --lambda-authorizer {\"principalId\":5} /", &["--lambda-authorizer: `principalId`: expected a string"]),
        ("invoke -- true", &["<EVENT.json>"]),
        ("invoke x.json", &["expected the function's command behind `--`"]),
        ("invoke x.json --watch -- true", &["--attach, --build and --watch belong to `sippycup serve`"]),
        ("invoke no-such-event.json -- true", &["cannot read no-such-event.json"]),
    ] {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let mut command = sippycup(&arguments);
        // Where there is neither a template nor a package that `serve` alone would serve.
        command.current_dir(&nowhere);
        let (code, _, err) = run(command);
        assert!(parts.iter().all(|part| err.contains(part)), "{arguments:?}: {err}");
        assert_eq!(code, 2, "{arguments:?}: {err}");
    }
}

#[test]
fn wrong_configurations_are_told_with_line_and_key_and_exit_with_2() {
    let root = directory("wrong");
    let function = "[[function]]\nname = \"f\"\ncommand = [\"true\"]\n";
    for (text, parts) in [
        ("listen = 9000\n".to_owned(), &["line 1", "listen"][..]),
        (
            format!("{function}[[gateway]]\nkind = \"soap\"\nfunction = \"f\"\n"),
            &["line 5, `kind`: expected a kind of gateway"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"g\"\n"),
            &["line 6, `function`: there is no function `g`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nroutes = [\n  \"/\",\n  \"x\",\n]\n"),
            &["line 9, `routes`: route `x`: expected a path with a leading slash"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\nfunction = \"f\"\nstage = \"prod\"\n"),
            &["line 7, `stage`: a load balancer has no stage"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nvariables = {{ \"a-b\" = \"c\" }}\n"),
            &["line 7, `variables`: stage variable `a-b`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\ndomains = [{{ name = \"a b\" }}]\n"),
            &["line 7, `domains`: domain `a b`: expected a host name"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\nstagge = \"prod\"\n"),
            &["line 7", "unknown field `stagge`"],
        ),
        (
            format!("{function}{function}[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n"),
            &["line 5, `name`: there is a function `f` already"],
        ),
        (
            "[[function]]\nname = \"f\"\n[[gateway]]\nkind = \"rest\"\nfunction = \"f\"\n".to_owned(),
            &["line 2, `name`: the function needs either a command or an address"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"http\"\nstream = true\n"),
            &["line 6, `stream`: an HTTP API cannot stream"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\nbinary = [\"*/*\"]\n"),
            &["line 6, `binary`: a load balancer has no binary media types"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"alb\"\nrules = [\n  {{ priority = 1, path-pattern = [\"/a b\"], action = {{ forward = {{ f = 1 }} }} }},\n]\n"
            ),
            &["line 7, `rules`: rule 1: path-pattern: `/a b` is no path"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\nrules = [{{ priority = 1, path-pattern = [\"/a\"] }}]\n"),
            &["line 6, `rules`: expected one action: `forward`, `fixed-response` or `redirect`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"alb\"\ndefault-action = {{ forward = {{ g = 1 }} }}\n"),
            &["line 4: there is no target group and no function `g`"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\ndefault-action = {{ forward = {{ f = 1 }} }}\n"),
            &["line 6, `default-action`: a REST API has no listener and no target groups"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"url\"\nclaims = {{}}\n"),
            &["line 6, `claims`: a function URL has no such authorizer"],
        ),
        (
            format!("{function}[[gateway]]\nclaims = {{}}\nlambda-authorizer = {{}}\n"),
            &["line 6, `lambda-authorizer`: there are claims already"],
        ),
        (format!("{function}[[gateway]]\nscopes = []\n"), &["line 5, `scopes`: scopes are of claims"]),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nclaims = {{}}\nscopes = []\n"),
            &["line 7, `scopes`: the claims of a REST API have no scopes"],
        ),
        (
            format!("{function}build = \"make\"\n[[gateway]]\n"),
            &["line 4, `build`: it runs before a restart, and without `watch` there is none"],
        ),
        (
            "[[function]]\nattach = \"127.0.0.1:0\"\nenv = { A = \"b\" }\n[[gateway]]\n".to_owned(),
            &["line 3, `env`: the function is started elsewhere"],
        ),
        (
            "[[function]]\nattach = \"127.0.0.1:0\"\nwatch = [\"src\"]\n[[gateway]]\n".to_owned(),
            &["line 3, `watch`: the function is started elsewhere"],
        ),
        (
            "[[function]]\nname = \"\"\ncommand = [\"true\"]\n[[gateway]]\n".to_owned(),
            &["line 2, `name`: expected a name"],
        ),
        (
            "[[function]]\nname = \"a\\nb\"\ncommand = [\"true\"]\n[[gateway]]\n".to_owned(),
            &["line 2, `name`: expected a name without control characters"],
        ),
        (
            format!("{function}env = {{ \"A=B\" = \"c\" }}\n[[gateway]]\n"),
            &["line 4, `env`: expected a name without `=`"],
        ),
        (format!("{function}env = {{ A = \"c\\u0000\" }}\n[[gateway]]\n"), &["line 4, `env`: ", "no NUL"]),
        (
            format!("{function}directory = \"no-such-directory\"\n[[gateway]]\n"),
            &["line 4, `directory`: ", "no-such-directory: there is no such directory"],
        ),
        (format!("{function}timeout = 1e19\n[[gateway]]\n"), &["line 4, `timeout`: expected a positive number"]),
        (format!("{function}[[gateway]]\ntimeout = 1e18\n"), &["line 5, `timeout`: expected a positive number"]),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nlambda-authorizer = {{ principalId = 5 }}\n"),
            &["line 6, `lambda-authorizer`: `principalId`: expected a string"],
        ),
        (format!("{function}[[gateway]]\napi-id = \"a b\"\n"), &["line 5, `api-id`: API id `a b`: expected a part"]),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\ngateway-responses = [{{ type = \"TEAPOT\" }}]\n"),
            &["line 6, `gateway-responses`: gateway response `TEAPOT`: expected one of ACCESS_DENIED"],
        ),
        (
            format!("{function}[[gateway]]\ngateway-responses = [{{ type = \"THROTTLED\" }}]\n"),
            &["line 5, `gateway-responses`: an HTTP API has no gateway responses"],
        ),
        (
            format!("{function}[[gateway]]\nkind = \"rest\"\nrequest-validator = {{ parameters = [\"q\"] }}\n"),
            &["line 6, `request-validator`: expected a required parameter such as", "found `q`"],
        ),
        (
            format!(
                "{function}[[gateway]]\nkind = \"rest\"\nrequest-validator = {{ models = {{ \"application/json\" = \"none.json\" }} }}\n"
            ),
            &["line 6, `request-validator`: cannot read the schema ", "none.json"],
        ),
        (format!("gateway = []\n{function}"), &["line 1, `gateway`: expected at least one"]),
        ("[[function]\n".to_owned(), &["line 1"]),
    ] {
        let file = root.join("sippycup.toml");
        std::fs::write(&file, &text).unwrap();
        let (code, _, err) = run(serve(&["--config", file.to_str().unwrap()]));
        assert!(parts.iter().all(|part| err.contains(part)), "{text}\n{err}");
        assert_eq!(code, 2, "{text}\n{err}");
    }
}

#[test]
fn each_subcommand_has_help_with_examples() {
    let (code, out, _) = run(sippycup(&["--help"]));
    assert_eq!(code, 0);
    for subcommand in ["serve", "event", "invoke", "replay"] {
        assert!(out.contains(&format!("\n  {subcommand} ")), "{out}");
        let (code, out, _) = run(sippycup(&[subcommand, "--help"]));
        assert_eq!(code, 0);
        assert!(out.contains(&format!("Examples:\n  sippycup {subcommand} ")), "{out}");
    }
    let (code, out, err) = run(sippycup(&[]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("Examples:\n  sippycup serve -- cargo run"), "{err}");
}

#[test]
fn every_name_of_a_kind_is_known() {
    for name in
        ["url", "http-1.0", "http", "http-2.0", "alb", "alb-multi", "rest", "lattice-v1", "lattice", "lattice-v2"]
    {
        let path = if name == "rest" { "/prod/x" } else { "/x" };
        let (code, out, err) = run(sippycup(&["event", "--kind", name, path]));
        assert!(code == 0 && out.contains("/x"), "{name}: {err}");
    }
}

#[test]
fn completions_know_the_flags_of_serve() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, out, _) = run(sippycup(&["completions", shell]));
        assert_eq!(code, 0, "{shell}");
        assert!(out.contains("gateway-timeout"), "{shell}: {out}");
    }
}

#[test]
fn only_a_terminal_gets_colours_unless_they_are_asked_for() {
    for (flags, colored) in [(&[][..], false), (&["--color", "always"], true)] {
        let mut running = Running::start("path", flags);
        let address = running.address();
        http(&address, "GET /x", "");
        assert_eq!(running.until("GET /x").contains("\x1b[32m200"), colored);
    }
}

#[test]
fn flags_and_toml_have_the_same_names_and_defaults() {
    let root = directory("minimal");
    let file = root.join("sippycup.toml");
    std::fs::write(
        &file,
        format!("[[function]]\nenv = {{ SCRIPT = \"environment\" }}\ncommand = {:?}\n[[gateway]]\n", command_line()),
    )
    .unwrap();
    let seen = |mut running: Running| {
        let address = running.address();
        let (_, body) =
            http(&address, "GET /", "").split_once("\r\n\r\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        body.lines()
            .filter(|line| line.contains("FUNCTION_NAME") || line.contains("MEMORY_SIZE"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let from_file = seen(Running::spawn(serve(&["--config", file.to_str().unwrap()])));
    assert_eq!(from_file, seen(Running::start("environment", &[])));
    assert_eq!(from_file, ["AWS_LAMBDA_FUNCTION_NAME=function", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"]);
}

/// Settings of a function or a gateway that would change nothing there: the flag with its value, the same in TOML, and why not.
#[test]
fn what_a_kind_or_a_mode_does_not_have_is_refused_alike_as_a_flag_and_in_a_file() {
    let (attach, watch) = ("attach = \"127.0.0.1:0\"", "watch = [\".\"]");
    let of_start = [
        ("--concurrency=5", "concurrency = 5"),
        ("--memory=512", "memory = 512"),
        ("--env=A=b", "env = { A = \"b\" }"),
        ("--snap-start", "snap-start = true"),
        ("--freeze", "freeze = true"),
        ("--extension=/bin/true", "extensions = [\"/bin/true\"]"),
        ("--watch", watch),
        ("--watch --build=make", &format!("build = \"make\"\n{watch}")),
        ("--watch --ignore=*.md", &format!("ignore = [\"*.md\"]\n{watch}")),
    ];
    let kinds = |wanted: &[&'static str]| wanted.iter().map(|kind| kind.to_string()).collect::<Vec<_>>();
    let plain = kinds(&["url", "alb", "alb-multi", "lattice", "lattice-v1"]);
    let of_kinds = [
        ("--stage=prod", "stage = \"prod\"", plain.clone()),
        ("--var=A=b", "variables = { A = \"b\" }", plain.clone()),
        ("--route=/x", "routes = [\"/x\"]", plain.clone()),
        ("--domain=a.example", "domain = \"a.example\"", plain.clone()),
        ("--base-path=shop", "base-path = [\"shop\"]", plain.clone()),
        ("--stage-in-path", "stage-in-path = true", [plain.clone(), kinds(&["http", "http-1.0"])].concat()),
        ("--binary=*/*", "binary = [\"*/*\"]", [plain.clone(), kinds(&["http", "http-1.0"])].concat()),
        ("--claims={}", "claims = {}", plain.clone()),
        ("--lambda-authorizer={}", "lambda-authorizer = {}", plain),
        ("--stream", "stream = true", kinds(&["http", "http-1.0", "alb", "alb-multi", "lattice", "lattice-v1"])),
    ];
    let file = directory("refused").join("sippycup.toml");
    let refused = |flags: &[&str], toml: &str, name: &str| {
        let (code, _, err) = run(serve(flags));
        assert_eq!(code, 2, "{flags:?}: {err}");
        assert!(err.contains(&format!("--{name}")), "{flags:?}: {err}");
        std::fs::write(&file, toml).unwrap();
        let (code, _, err) = run(serve(&["--config", file.to_str().unwrap()]));
        assert_eq!(code, 2, "{toml}: {err}");
        let key = toml.lines().find(|line| err.contains(line)).unwrap_or_else(|| panic!("{toml}: {err}"));
        assert!(key.contains(" = "), "{toml}: {err}");
    };
    for (flags, toml) in of_start {
        let flags: Vec<_> = flags.split(' ').chain(["--attach=127.0.0.1:0"]).collect();
        let name = flags[flags.len() - 2].trim_start_matches('-').split('=').next().unwrap();
        refused(&flags, &format!("[[function]]\n{toml}\n{attach}\n[[gateway]]\n"), name);
    }
    for (flag, toml, kinds) in of_kinds {
        let name = flag.trim_start_matches('-').split('=').next().unwrap();
        for kind in kinds {
            let gateway = format!("[[function]]\ncommand = [\"true\"]\n[[gateway]]\nkind = \"{kind}\"\n{toml}\n");
            refused(&["--kind", &kind, flag, "--", "true"], &gateway, name);
        }
    }
    let command = "[[function]]\ncommand = [\"true\"]\n";
    for (flags, toml, name) in [
        (&["--keep-secrets", "--", "true"][..], format!("keep-secrets = true\n{command}[[gateway]]\n"), "keep-secrets"),
        (&["--build=make", "--", "true"], format!("{command}build = \"make\"\n[[gateway]]\n"), "watch"),
        (&["--ignore=*.md", "--", "true"], format!("{command}ignore = [\"*.md\"]\n[[gateway]]\n"), "watch"),
        (
            &["--claims={}", "--lambda-authorizer={}", "--", "true"],
            format!("{command}[[gateway]]\nclaims = {{}}\nlambda-authorizer = {{}}\n"),
            "lambda-authorizer",
        ),
    ] {
        refused(flags, &toml, name);
    }
}
