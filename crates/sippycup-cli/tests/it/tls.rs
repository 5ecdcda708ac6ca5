//! `--tls`, with curl as the client.

use std::process::Command;

use serde_json::Value;

use crate::scripted::command_line;
use crate::{Running, assert_refused, directory, run, sippycup};

#[test]
fn a_certificate_is_made_and_kept_and_both_versions_of_http_are_spoken() {
    let mut fingerprints = Vec::new();
    for _ in 0..2 {
        let mut running = Running::start("path", &["--tls", "--kind", "rest", "--allow-host", "shop.example"]);
        let line = running.until("https://");
        assert!(line.starts_with("     rest: https://127.0.0.1:") && line.ends_with("/prod/"), "{line}");
        let port: u16 = line.split(':').next_back().unwrap().split('/').next().unwrap().parse().unwrap();
        fingerprints.push(running.until("tls: SHA-256 "));
        let certificate = running.until("--cacert").split("--cacert ").nth(1).unwrap().trim_end_matches('`').to_owned();
        for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
            for host in ["localhost", "127.0.0.1", "shop.example"] {
                let resolve = format!("shop.example:{port}:127.0.0.1");
                let url = format!("https://{host}:{port}/prod/x");
                let said =
                    curl(&[flag, "--cacert", &certificate, "--resolve", &resolve, "-w", " %{http_version}", &url]);
                assert_eq!(said, format!("/x {version}"), "{host}");
            }
        }
        assert_eq!(
            curl(&["--cacert", &certificate, &format!("https://localhost:{port}/x"), "-w", "%{http_code}"]),
            "{\"message\":\"Forbidden\"}403"
        );
        running.until("GET /x 403");
        running.until(&format!("the gateway answers at https://localhost:{port}/prod/x"));
        // Who does not trust it, and who speaks no TLS.
        let refused = Command::new("curl").args(["-s", &format!("https://localhost:{port}/")]).status().unwrap();
        assert!(!refused.success());
        running.until("does not trust the certificate");
        let plain = curl(&[&format!("http://127.0.0.1:{port}/"), "-w", "%{http_code}"]);
        assert_eq!(plain, "This port speaks TLS: the URL must begin with https://\n400");
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
}

#[test]
fn a_certificate_and_its_key_are_given_from_the_place_of_the_file() {
    let folder = directory("tls-given");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=given"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "k.pem", "-out", "c.pem"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let file = folder.join("sippycup.toml");
    let command = command_line();
    let text = format!(
        "tls = \"c.pem,k.pem\"\n[[function]]\ncommand = {command:?}\nenv = {{ SCRIPT = \"forwarded\" }}\n[[gateway]]\nkind = \"url\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let described = folder.join("described.json");
    let mut command = sippycup(&["serve", "--listen", "127.0.0.1:0"]);
    command.arg("--config").arg(&file).arg("--describe").arg(&described);
    let mut running = Running::spawn(command);
    running.until("described in");
    let described: Value = serde_json::from_slice(&std::fs::read(&described).unwrap()).unwrap();
    let url = described["frontDoors"][0]["urls"][0].as_str().unwrap().replace("127.0.0.1", "localhost");
    assert!(url.starts_with("https://localhost:"), "{url}");
    assert_eq!(described["tls"]["certificate"], folder.join("c.pem").to_str().unwrap());
    let certificate = folder.join("c.pem");
    let said = curl(&["--cacert", certificate.to_str().unwrap(), &url]);
    let port = url.split(':').next_back().unwrap().trim_end_matches('/');
    assert_eq!(said, format!("https {port}"));
    assert_eq!(described["tls"]["fingerprint"].as_str().unwrap().len(), 95);

    // A key of another certificate is told before anything starts.
    let mut command = sippycup(&["serve", "--tls"]);
    command.arg(format!("{},{}", certificate.display(), certificate.display())).args(["--", "true"]);
    let (code, _, err) = run(command);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("c.pem: expected a private key in PEM"), "{err}");
}

#[test]
fn clients_are_asked_for_certificates_that_the_function_sees() {
    let folder = directory("tls-clients");
    let openssl = |arguments: &str| {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.pem");
    openssl("req -newkey rsa:2048 -nodes -subj /C=US/O=Cups/CN=ann -keyout ann.key -out ann.csr");
    let signed = "x509 -req -in ann.csr -CA root.pem -CAkey root.key -set_serial 7 -days 2";
    openssl(&format!("{signed} -out old.pem"));
    std::fs::write(folder.join("client.ext"), "extendedKeyUsage=clientAuth").unwrap();
    openssl(&format!("{signed} -extfile client.ext -out ann.pem"));
    let root = folder.join("root.pem");
    let events = folder.join("events");
    let flags = ["--tls", "--tls-client-ca", root.to_str().unwrap(), "--events", events.to_str().unwrap()];
    let mut running = Running::start("path", &flags);
    let url = running.until("https://").split("http: ").nth(1).unwrap().trim().replace("127.0.0.1", "localhost");
    running.until("clients show a certificate");
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    assert_eq!(curl(&["--insecure", "--cert", &file("ann.pem"), "--key", &file("ann.key"), &url]), "/");
    let event: Value = serde_json::from_slice(&std::fs::read(events.join("000001.event.json")).unwrap()).unwrap();
    let shown = &event["requestContext"]["authentication"]["clientCert"];
    let known = ["subjectDN", "issuerDN", "serialNumber"].map(|name| shown[name].as_str().unwrap());
    assert_eq!(known, ["C=US,O=Cups,CN=ann", "CN=root", "7"]);
    let pem = std::fs::read_to_string(folder.join("ann.pem")).unwrap();
    assert_eq!(shown["clientCertPem"].as_str().unwrap(), pem);
    let mut refused = |arguments: &[&str], why: &str| {
        let asked = Command::new("curl").args(["-s", "--insecure", &url]).args(arguments).status().unwrap();
        assert!(!asked.success(), "{arguments:?}");
        running.until(why);
    };
    refused(&[], "it has shown no certificate");
    // Without an extension it is one of version 1.
    refused(&["--cert", &file("old.pem"), "--key", &file("ann.key")], "its certificate is not trusted here");

    for (flags, part) in [
        (&["--tls-client-ca", "x.pem"][..], "--tls-client-ca: certificates are of TLS, and there is no `tls`"),
        (&["--tls", "--tls-client-ca", "/nowhere.pem"], "--tls-client-ca: cannot use /nowhere.pem: No such file"),
        (&["--tls", "--tls-client-ca", &file("root.key")], "certificates of clients: "),
    ] {
        assert_refused(flags, part);
    }
}

#[test]
fn a_web_socket_api_is_wss_and_its_functions_post_in_the_clear() {
    let mut running = Running::start("pid", &["--tls", "--kind", "ws", "--stage", "live"]);
    let line = running.until("wss://");
    let port = line.split(':').next_back().unwrap().split('/').next().unwrap().to_owned();
    let plain = running.until("plain: http://127.0.0.1:");
    let plain = plain.split("http://").nth(1).unwrap().split(',').next().unwrap().to_owned();
    // Nobody has this connection, and it is the API that says so.
    for url in [format!("https://localhost:{port}"), format!("http://{plain}")] {
        let said = curl(&[
            "--insecure",
            "-X",
            "POST",
            "-w",
            "%{http_code}",
            &format!("{url}/live/@connections/Ahd6OUPRIAMCIbA="),
        ]);
        assert!(said.ends_with("410"), "{url}: {said}");
    }
    let handshake = Command::new("curl")
        .args(["-s", "-i", "--insecure", "--max-time", "2", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket"])
        .args(["-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
        .arg(format!("https://localhost:{port}/live"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&handshake.stdout).into_owned();
    assert!(said.starts_with("HTTP/1.1 101"), "{said}");
    assert!(said.to_ascii_lowercase().contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{said}");
}

fn curl(arguments: &[&str]) -> String {
    let said = Command::new("curl").args(["-sS", "--max-time", "30"]).args(arguments).output().unwrap();
    assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}
