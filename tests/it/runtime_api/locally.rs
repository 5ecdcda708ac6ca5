//! The same off Lambda, where clients come over HTTP.

use super::{after::Signs, logging::EVERYWHERE, *};

struct Local {
    function: Child,
    said: Lines<BufReader<ChildStderr>>,
    address: String,
}

impl Local {
    async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_as(env!("CARGO_BIN_EXE_rude"), variables).await
    }

    async fn start_as(function: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(function);
        command.env_clear().envs(variables.iter().copied()).kill_on_drop(true);
        let mut function = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(function.stderr.take().unwrap()).lines();
        let mut local = Self { function, said, address: String::new() };
        let line = local.until("http://").await;
        let address = line.split_once("http://").unwrap().1;
        local.address = address.split([',', '/', '"']).next().unwrap().to_owned();
        local
    }

    async fn until(&mut self, text: &str) -> String {
        loop {
            let line = timeout(LONG, self.said.next_line()).await.expect("a line in time").unwrap().unwrap();
            if line.contains(text) {
                return line;
            }
        }
    }

    async fn open(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        // As Lambda sends it to a Web Function.
        let id = "lambda-web-request-id: w-1";
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{id}\r\nconnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn kill(&self, signal: &str) {
        let id = self.function.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    async fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.open(path).await.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn tasks_and_hooks_run_after_an_answer() {
    for (place, options) in [
        (GATEWAY, "after-says"),
        (GATEWAY, "after-says,stream"),
        (GATEWAY, "after-says,stream,threads"),
        (SERVER, "after-says"),
        (SERVER, "after-says,threads"),
        (WEB_FUNCTION, "after-says"),
        (WEB_FUNCTION, "after-says,stream,threads"),
    ] {
        let mut local = Local::start(&[place, ("RUDE", options)]).await;
        let answer = local.get("/background/nested").await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("/background/nested"), "{answer}");
        local.until("a task of a task").await;
        local.until("after the invocation").await;
        let answer = local.get("/background/panic-fails").await;
        assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
        local.until("a background task failed: handler panicked: in a task").await;
        local.until("another task").await;
        local.until("after the invocation").await;
    }
}

#[tokio::test]
async fn guards_answer_behind_the_local_gateway_as_on_lambda() {
    // The margin is longer than the deadline there is, so whoever is not done at once is late.
    let guards = "margin,panic-as-500,oversize,fail-on";
    for options in [guards.to_owned(), format!("{guards},stream")] {
        let streams = options.contains("stream");
        let mut local = Local::start(&[GATEWAY, ("RUDE", &options)]).await;
        for (path, status, body) in [
            ("/never", "504 Gateway Timeout", "Gateway Time"),
            ("/panic/call", "500 ", "Internal Server Error"),
            ("/panic/future", "500 ", "Internal Server Error"),
            ("/size/7000000", if streams { "200 " } else { "507 " }, if streams { "aaa" } else { "Insufficient" }),
            ("/status/503", if streams { "502 " } else { "500 " }, "Internal Server Error"),
            ("/status/404", "404 ", ""),
            ("/", "200 ", "\"uri\":\"/\""),
            ("/panic/poll-ready", "200 ", ""),
            ("/", "500 ", "Internal Server Error"),
            ("/busy", "200 ", ""),
            ("/", "504 Gateway Timeout", "Gateway Time"),
            ("/", "504 Gateway Timeout", "Gateway Time"),
        ] {
            let answer = local.get(path).await;
            let wanted = format!("HTTP/1.1 {status}");
            let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&wanted) && rest.contains(body), "{options} {path}: {answer:.400}");
        }
        local.until("the app answered 503").await;
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_of_its_front_door_is_told_with_what_helps() {
    for (gateway, path, hint) in [
        ("http", "/size/7000000", "hint: an HTTP API takes 6 MB"),
        ("rest", "/prod/size/7000000", "hint: a streamed answer may be larger than a complete one: --stream"),
        ("alb", "/size/1100000", "hint: a load balancer takes 1 MB"),
    ] {
        let mut local = Local::start(&[("PORT", "0"), ("SIPPYCUP_GATEWAY", gateway)]).await;
        assert!(local.get(path).await.starts_with("HTTP/1.1 50"));
        local.until("refuses a response of ").await;
        assert!(local.until("hint: ").await.contains(hint), "{gateway}");
    }
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_hooks_run() {
    for (place, signal) in [(GATEWAY, "-TERM"), (GATEWAY, "-INT"), (SERVER, "-TERM"), (SERVER, "-INT")] {
        let (signs, address) = Signs::listen().await;
        let mut local = Local::start(&[place, ("RUDE", "shutdown"), ("SIGN", &address)]).await;
        let mut under_way = local.open("/sign").await;
        let (_, mut sign) = signs.asked().await;
        local.kill(signal).await;
        // It takes no other connection any more.
        while TcpStream::connect(&local.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        sign.write_all(b"!").await.unwrap();
        let mut answer = String::new();
        under_way.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        local.until("the first goes").await;
        local.until("the second goes").await;
        assert_eq!(local.function.wait().await.unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn the_log_is_readable_and_json_if_it_is_asked_for() {
    for place in [GATEWAY, SERVER] {
        let observed = env!("CARGO_BIN_EXE_observed");
        let mut local = Local::start_as(observed, &[place, ("OBSERVED", "logging")]).await;
        assert!(local.get("/items/7?token=hidden").await.ends_with("\r\n\r\n7"));
        let line = local.until("WARN").await;
        assert!(line.get(2..).unwrap().starts_with(':') && line.ends_with(" WARN  observed: no"), "{line}");
        let stock = "    stock\\u{1b}[31m price=9.5 sold=true big=18446744073709551615 field_level=mine error=Kind(NotFound) order=1";
        assert_eq!(local.until("stock").await, stock);
        let source = if place == GATEWAY { "http_api" } else { "server" };
        let line = local.until("sippycup::access").await;
        assert!(line.contains("request method=GET path=/items/7 route=/items/{id} status=200 durationMs="), "{line}");
        assert!(line.contains(&format!("responseBytes=1 source={source} coldStart=false")), "{line}");
        local.until("a task").await;
        let variables = [place, ("OBSERVED", "logging"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
        let mut local = Local::start_as(observed, &variables).await;
        local.get("/items/7").await;
        let line: Value = serde_json::from_str(&local.until("a task").await).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &json!("a task")));
    }
}

#[tokio::test]
async fn every_line_says_whose_it_is_wherever_the_apps_code_runs() {
    for (place, id) in [(GATEWAY, "00000000-0000-4000-8000-000000000001"), (WEB_FUNCTION, "w-1")] {
        for options in ["logging", "logging,stream"] {
            let variables = [place, ("OBSERVED", options), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
            let mut local = Local::start_as(env!("CARGO_BIN_EXE_observed"), &variables).await;
            assert!(local.get("/everywhere").await.starts_with("HTTP/1.1 200 "));
            let mut said = Vec::new();
            while said.last().is_none_or(|last| last != "after the invocation") {
                let line: Value = serde_json::from_str(&local.until("{").await).unwrap();
                assert_eq!(line["requestId"], id, "{line}");
                said.push(line["message"].as_str().unwrap().to_owned());
            }
            for message in EVERYWHERE {
                assert!(said.iter().any(|said| said == message), "{options}: {message} not in {said:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_done_after_answers_is_finished_before_the_hooks_run() {
    for place in [GATEWAY, SERVER] {
        let (signs, address) = Signs::listen().await;
        let mut local = Local::start(&[place, ("RUDE", "shutdown"), ("SIGN", &address)]).await;
        let answer = local.get("/background/sign").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let (_, mut sign) = signs.asked().await;
        local.kill("-TERM").await;
        while TcpStream::connect(&local.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        sign.write_all(b"!").await.unwrap();
        local.until("went on").await;
        local.until("the first goes").await;
        assert_eq!(local.function.wait().await.unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn a_web_function_has_time_for_its_hooks_whatever_is_under_way() {
    let (signs, address) = Signs::listen().await;
    let mut local = Local::start(&[WEB_FUNCTION, ("RUDE", "shutdown"), ("SIGN", &address)]).await;
    let _never = local.open("/never").await;
    let answer = local.get("/background/hang").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let _under_way = local.open("/sign").await;
    let (_, _sign) = signs.asked().await;
    local.kill("-TERM").await;
    local.until("the first goes").await;
    local.until("the second goes").await;
    assert_eq!(local.function.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_start_that_fails_is_only_an_error_where_there_is_no_runtime_api_to_tell() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    for variables in [[GATEWAY, SERVER], [WEB_FUNCTION, ("AWS_LAMBDA_RUNTIME_API", &address)]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rude"));
        command.env_clear().envs(variables).env("RUDE", "start-fails").kill_on_drop(true);
        let output = timeout(LONG, command.output()).await.expect("an end in time").unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("the app cannot start: no table on purpose"), "{said}");
        assert!(timeout(Duration::ZERO, nobody.accept()).await.is_err());
    }
}

/// Behind the local gateway, without one as in a container, and as a Web Function.
const GATEWAY: (&str, &str) = ("PORT", "0");
const SERVER: (&str, &str) = ("SIPPYCUP_LISTEN", "127.0.0.1:0");
const WEB_FUNCTION: (&str, &str) = ("AWS_LAMBDA_HTTP_ENDPOINT", "127.0.0.1:0");
