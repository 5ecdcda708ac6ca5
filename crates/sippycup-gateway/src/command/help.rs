//! The text of `--help`.

pub(super) const HELP: &str = "\
AWS Lambda's front doors on this machine: API Gateway, function URLs, ALB, VPC Lattice.

Usage:
  sippycup-gateway [FLAGS] -- COMMAND...          serve a Lambda function
  sippycup-gateway [FLAGS] --attach[=ADDRESS]     serve a function started elsewhere
  sippycup-gateway --config FILE                  serve several (schema: crate documentation)
  sippycup-gateway event [FLAGS] 'METHOD /path'   print the event of a request
  sippycup-gateway invoke EVENT.json -- COMMAND...  invoke with one event
  sippycup-gateway replay DIR -- COMMAND...       invoke with recorded events, show what changed

Front door:
  --kind KIND            rest, http (2.0; the default), http-1.0, url, alb, alb-multi,
                         lattice, lattice-v1
  --stage NAME           stage; default prod for rest, $default for http
  --var NAME=VALUE       stage variable; repeatable
  --route ROUTE          '/items/{id}', 'GET /{proxy+}', '$default'; repeatable
  --domain NAME          custom domain; requests to this machine are taken for it
  --base-path PATH       base path or API mapping on the domain; repeatable
  --stage-in-path        the mappings name no stage: the client writes it (rest)
  --binary TYPE          one of binaryMediaTypes (rest); repeatable
  --claims JSON          claims of a Cognito or JWT authorizer
  --lambda-authorizer JSON  context of a Lambda authorizer; principalId in it
  --source-ip IP         the client's address; default the real one
  --stream               response streaming (rest, url)
  --gateway-timeout SECONDS  default 29 (rest), 30 (http), 60 (alb, lattice), 900 (url)
  --listen ADDRESS       default 127.0.0.1:9000

Function:
  --concurrency N        at most N processes, each on one request; default 10
                         (AWS_LAMBDA_MAX_CONCURRENCY=N: one process with N polls)
  --timeout SECONDS      Lambda's timeout; default 30
  --memory MB, --name NAME, --env NAME=VALUE
  --snap-start           the function asks restore/next first
  --watch[=PATH]         restart when a file changes; repeatable; default the directory
  --build COMMAND        run this before such a restart; if it fails the old one stays
  --attach[=ADDRESS]     Runtime API for a function started elsewhere; default 127.0.0.1:9001

Other:
  --events DIR           record every event and answer as JSON
  --color auto|always|never  default auto: on a terminal, unless NO_COLOR is set
  -H, --header 'N: V'    header of `event`'s request; repeatable
  -d, --data BODY        body of `event`'s request; @FILE reads a file
  -h, --help   -V, --version

Examples:
  sippycup-gateway -- cargo run -p axum-hello
  sippycup-gateway --kind rest --stage prod --base-path shop --watch -- cargo run
  sippycup-gateway --kind url --stream -- target/debug/chat
  sippycup-gateway --events events -- python3 -m awslambdaric app.handler
  sippycup-gateway event --kind alb 'POST /x?y=1' -H 'content-type: text/plain' -d hello
  sippycup-gateway invoke events/000001.event.json -- cargo run
  sippycup-gateway replay events -- cargo run";
