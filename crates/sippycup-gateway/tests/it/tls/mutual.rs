//! Mutual TLS: who is asked for a certificate, and who is told of it.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SerialNumber,
    date_time_ymd,
};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::*;

/// A certificate that signs others, in PEM, and that of a client with what is between the two, and its key.
struct Signed {
    root: String,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Signed {
    fn new() -> Self {
        Self::with(false, |_| {})
    }

    /// Changes what the client's certificate says. `is_far` if the root has not signed it itself.
    fn with(is_far: bool, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.distinguished_name.push(DnType::CommonName, "Cups, all of them");
        let root_key = KeyPair::generate().unwrap();
        let pem = root.self_signed(&root_key).unwrap().pem();
        let mut issuer = Issuer::new(root.clone(), root_key);
        let mut chain = Vec::new();
        if is_far {
            let key = KeyPair::generate().unwrap();
            root.distinguished_name.push(DnType::CommonName, "Cups, blue ones");
            chain.push(root.signed_by(&key, &issuer).unwrap().der().clone());
            issuer = Issuer::new(root, key);
        }
        let mut client = CertificateParams::new(Vec::new()).unwrap();
        client.distinguished_name = rcgen::DistinguishedName::new();
        client.distinguished_name.push(DnType::CountryName, "US");
        client.distinguished_name.push(DnType::CommonName, "ann");
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        client.serial_number = Some(SerialNumber::from(258_u64));
        change(&mut client);
        let key = KeyPair::generate().unwrap();
        chain.insert(0, client.signed_by(&key, &issuer).unwrap().der().clone());
        Self { root: pem, chain, key }
    }

    fn tls(&self) -> Tls {
        Tls::self_signed(["localhost"]).unwrap().client_ca(self.root.as_bytes()).unwrap()
    }
}

/// What the server answers to somebody who shows this certificate, or none.
async fn asked(server: &Listening, shown: Option<&Signed>, path: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(server.certificate.clone())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match shown {
        Some(Signed { chain, key, .. }) => {
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            config.with_client_auth_cert(chain.clone(), key).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    let stream = TcpStream::connect(server.address).await.unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await;
    let Ok(mut stream) = connected else { return String::new() };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Amzn-Mtls-Clientcert-Subject: CN=eve\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(request.as_bytes()).await;
    rest(&mut stream).await
}

#[tokio::test]
async fn a_function_is_told_who_the_client_is() {
    let signed = Signed::new();
    for (kind, path) in [
        (Kind::RestApi, "/prod/"),
        (Kind::HttpApiV1, "/"),
        (Kind::HttpApiV2, "/"),
        (Kind::LoadBalancer, "/"),
        (Kind::FunctionUrl, "/"),
    ] {
        let server = Listening::with(Gateway::builder(kind), signed.tls()).await;
        let response = asked(&server, Some(&signed), path).await;
        let event: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
        let context = &event["requestContext"];
        let header = |name: &str| event["headers"][format!("x-amzn-mtls-clientcert-{name}")].clone();
        match kind {
            Kind::LoadBalancer => {
                assert_eq!((header("subject"), header("serial-number")), (json!("CN=ann,C=US"), json!("0102")));
                assert!(header("issuer").as_str().unwrap().starts_with(r"CN=Cups\, all of them"), "{event}");
                assert!(header("validity").as_str().unwrap().starts_with("NotBefore=1975-01-01T00:00:00Z;NotAfter="));
                let leaf = header("leaf");
                assert!(leaf.as_str().unwrap().starts_with("-----BEGIN%20CERTIFICATE-----%0AMII"), "{leaf}");
            }
            Kind::FunctionUrl => assert_eq!(context["authentication"], Value::Null),
            _ => {
                let told = if kind == Kind::HttpApiV2 { &context["authentication"] } else { &context["identity"] };
                let told = &told["clientCert"];
                assert_eq!(
                    (&told["subjectDN"], &told["serialNumber"]),
                    (&json!("C=US,CN=ann"), &json!("258")),
                    "{told}"
                );
                assert_eq!(told["validity"]["notBefore"], "Jan  1 00:00:00 1975 GMT");
                let pem = told["clientCertPem"].as_str().unwrap();
                assert_eq!(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), signed.chain[0]);
            }
        }
    }
}

#[tokio::test]
async fn nobody_else_is_served() {
    let (signed, stranger) = (Signed::new(), Signed::new());
    let mut server = Listening::with(Gateway::builder(Kind::HttpApiV2), signed.tls().http2(false)).await;
    for (shown, part) in
        [(None, "it has shown no certificate"), (Some(&stranger), "its certificate is not trusted here")]
    {
        assert_eq!(asked(&server, shown, "/").await, "");
        assert!(server.told.recv().await.unwrap().contains(part));
    }
    assert!(asked(&server, Some(&signed), "/").await.starts_with("HTTP/1.1 200"));
    let plain = Listening::new(Gateway::builder(Kind::HttpApiV2)).await;
    assert!(!asked(&plain, Some(&signed), "/").await.contains("clientCert"), "nobody has asked for it");
}

#[tokio::test]
async fn a_certificate_must_be_one_of_a_client_and_of_today() {
    let expired = Signed::with(false, |client| client.not_after = date_time_ymd(2020, 1, 1));
    let early = Signed::with(false, |client| client.not_before = date_time_ymd(4000, 1, 1));
    let of_a_server =
        Signed::with(false, |client| client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let odd = Signed::with(false, |client| client.serial_number = Some(SerialNumber::from_slice(&[0x7f; 22])));
    for (shown, part) in
        [(expired, "expired"), (early, "not valid yet"), (of_a_server, "extended key usage"), (odd, "cannot be read")]
    {
        let mut server = Listening::with(Gateway::builder(Kind::LoadBalancer), shown.tls()).await;
        assert_eq!(asked(&server, Some(&shown), "/").await, "");
        let told = server.told.recv().await.unwrap();
        assert!(told.contains("its certificate is not trusted here") && told.contains(part), "{told}");
    }
}

#[tokio::test]
async fn a_client_may_show_what_is_between_its_certificate_and_the_root() {
    let mut signed = Signed::with(true, |client| client.distinguished_name.push(DnType::OrganizationName, "Gefäße\n"));
    let mut server = Listening::with(Gateway::builder(Kind::LoadBalancer), signed.tls()).await;
    let response = asked(&server, Some(&signed), "/").await;
    let event: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
    let header = |name: &str| event["headers"][format!("x-amzn-mtls-clientcert-{name}")].as_str().unwrap();
    assert_eq!(header("subject"), r"O=Gef\c3\a4\c3\9fe\0a,CN=ann,C=US");
    assert!(header("issuer").starts_with(r"CN=Cups\, blue ones"), "{event}");
    signed.chain.truncate(1);
    assert_eq!(asked(&server, Some(&signed), "/").await, "");
    assert!(server.told.recv().await.unwrap().contains("its certificate is not trusted here"));
}

#[test]
fn what_is_no_certificate_is_told() {
    let tls = || Tls::self_signed(["localhost"]).unwrap();
    for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = tls().client_ca(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("certificates of clients: "), "{error}");
    }
}
