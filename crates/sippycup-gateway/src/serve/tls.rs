//! Certificates, and the handshakes with them.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{AlertDescription, CipherSuite, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate;
use crate::ConfigError;
use crate::request::Secured;

/// What a [`Server`](crate::Server) needs to speak TLS: a certificate and its key. Clients choose between HTTP/2 and HTTP/1.1 in the handshake.
///
/// ```no_run
/// use bytes::Bytes;
/// use sippycup_gateway::{Gateway, Gateways, Kind, Server, Tls};
/// use tower::service_fn;
///
/// # async fn run() -> Result<(), sippycup_gateway::BoxError> {
/// let function = service_fn(async |_event: Bytes| Ok::<_, std::io::Error>(Bytes::from_static(b"\"hello\"")));
/// let gateways = Gateways::new(Gateway::builder(Kind::HttpApiV2).build(function)?);
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9443").await?;
/// let tls = Tls::self_signed(["localhost", "127.0.0.1"])?;
/// println!("SHA-256 {}", tls.fingerprint());
/// Server::new().tls(tls).serve(listener, gateways, std::future::pending()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Tls {
    config: Arc<ServerConfig>,
    fingerprint: String,
    certificate: CertificateDer<'static>,
}

impl Tls {
    /// A self-signed certificate for these names and addresses, made now and not kept in a file.
    ///
    /// # Errors
    ///
    /// If a name is none.
    pub fn self_signed<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let (certificate, key) = Self::generate(names)?;
        Self::from_pem(certificate.as_bytes(), key.as_bytes())
    }

    /// Such a certificate and its key in PEM, to keep them, so that clients have to trust it only once. It is valid for 397 days.
    ///
    /// # Errors
    ///
    /// If a name is none.
    pub fn generate<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<(String, String), ConfigError> {
        let wrong = |error: rcgen::Error| ConfigError::new(format!("a certificate cannot be made: {error}"));
        let mut params =
            CertificateParams::new(names.into_iter().map(Into::into).collect::<Vec<_>>()).map_err(wrong)?;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, "sippycup on this machine");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        // Clocks of virtual machines and containers differ.
        params.not_before = epoch + now.saturating_sub(DAY);
        params.not_after = epoch + now + 397 * DAY;
        let key = KeyPair::generate().map_err(wrong)?;
        let certificate = params.self_signed(&key).map_err(wrong)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// A certificate in PEM, with those between it and a root behind it, and its key in PEM.
    ///
    /// # Errors
    ///
    /// If there is no certificate or no key in them, or if they do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, ConfigError> {
        let wrong = |what: &str, error: &dyn fmt::Display| ConfigError::new(format!("{what}: {error}"));
        let chain = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| wrong("the certificate is no PEM", &error))?;
        let certificate = chain
            .first()
            .cloned()
            .ok_or_else(|| ConfigError::new("expected a certificate in PEM (`-----BEGIN CERTIFICATE-----`)"))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| wrong("expected a private key in PEM (`-----BEGIN PRIVATE KEY-----`)", &error))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("TLS", &error))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| wrong("certificate and key cannot be used", &error))?;
        config.alpn_protocols = ALPN.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Self { config: Arc::new(config), fingerprint: fingerprint(&certificate), certificate })
    }

    /// Asks every client for a certificate, signed by one of these in PEM or by what they have signed; default nobody is asked. Without one the handshake fails, as with mutual TLS of a custom domain; so it does
    /// with one that has expired or is not for clients. Lists of revoked certificates are not read.
    ///
    /// Events of REST and HTTP APIs show it as `clientCert`, a load balancer tells of it in `X-Amzn-Mtls-Clientcert-…`, as in its verify mode.
    ///
    /// # Errors
    ///
    /// If there is no certificate in it, or something that is none.
    pub fn client_ca(mut self, certificates: &[u8]) -> Result<Self, ConfigError> {
        let wrong = |error: &dyn fmt::Display| ConfigError::new(format!("certificates of clients: {error}"));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(certificates) {
            roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error))?
            .with_client_cert_verifier(verifier.build().map_err(|error| wrong(&error))?)
            .with_cert_resolver(Arc::clone(&self.config.cert_resolver));
        config.alpn_protocols.clone_from(&self.config.alpn_protocols);
        self.config = Arc::new(config);
        Ok(self)
    }

    /// Whether clients may choose HTTP/2; default yes.
    pub fn http2(mut self, http2: bool) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.alpn_protocols =
            ALPN.iter().filter(|protocol| http2 || **protocol != H2).map(|protocol| protocol.to_vec()).collect();
        self
    }

    /// The SHA-256 of the certificate as browsers and OpenSSL show it: `3A:0F:…`.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The certificate in DER, for clients that should trust it.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The error is what there is to tell, if anything.
    pub(super) async fn accept(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Secured), Option<String>> {
        let late = || Err(Some(format!("a client was refused: no TLS handshake within {} s", HANDSHAKE.as_secs())));
        tokio::time::timeout(HANDSHAKE, self.handshake(stream)).await.unwrap_or_else(|_| late())
    }

    async fn handshake(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Secured), Option<String>> {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return Err(None),
            Ok(_) if first == [RECORD] => {}
            Ok(_) => {
                refuse(stream).await;
                return Err(Some(
                    "a client was refused, what it sent is no TLS: the URL must begin with https://".to_owned(),
                ));
            }
        }
        let accepted = TlsAcceptor::from(Arc::clone(&self.config)).accept(stream).await;
        let stream = accepted.map_err(|error| told(&error))?;
        let secured = agreed(stream.get_ref().1).map_err(|error| {
            Some(format!("a client was refused: its certificate is not trusted here: it cannot be read: {error}"))
        })?;
        Ok((stream, secured))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Answers a client that speaks HTTP without TLS.
async fn refuse(mut stream: TcpStream) {
    let body = "This port speaks TLS: the URL must begin with https://\n";
    let response = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
    // What is left unread would take the response with it.
    let mut rest = stream.take(UNREAD);
    let _ = tokio::time::timeout(FAREWELL, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

/// Why a handshake failed, unless the client just went away.
fn told(error: &io::Error) -> Option<String> {
    let failed = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())?;
    let distrust = [
        AlertDescription::BadCertificate,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateUnknown,
        // What it trusts has the name of the certificate, but not its key.
        AlertDescription::DecryptError,
        AlertDescription::UnknownCA,
    ];
    Some(match failed {
        rustls::Error::NoCertificatesPresented => {
            "a client was refused: it has shown no certificate (curl has --cert and --key)".to_owned()
        }
        rustls::Error::InvalidCertificate(why) => {
            format!("a client was refused: its certificate is not trusted here: {why}")
        }
        rustls::Error::AlertReceived(alert) if distrust.contains(alert) => {
            format!("a client does not trust the certificate: {failed}")
        }
        _ => format!("a TLS handshake failed: {failed}"),
    })
}

fn agreed(connection: &ServerConnection) -> Result<Secured, x509_cert::der::Error> {
    let usual = Secured::USUAL;
    let leaf = connection.peer_certificates().and_then(<[_]>::first);
    Ok(Secured {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => usual.version,
        },
        cipher_suite: match connection.negotiated_cipher_suite().map(|suite| suite.suite()) {
            Some(CipherSuite::TLS13_AES_256_GCM_SHA384) => "TLS_AES_256_GCM_SHA384",
            Some(CipherSuite::TLS13_CHACHA20_POLY1305_SHA256) => "TLS_CHACHA20_POLY1305_SHA256",
            Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256) => "ECDHE-ECDSA-AES128-GCM-SHA256",
            Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384) => "ECDHE-ECDSA-AES256-GCM-SHA384",
            Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256) => "ECDHE-ECDSA-CHACHA20-POLY1305",
            Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) => "ECDHE-RSA-AES128-GCM-SHA256",
            Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) => "ECDHE-RSA-AES256-GCM-SHA384",
            Some(CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256) => "ECDHE-RSA-CHACHA20-POLY1305",
            _ => usual.cipher_suite,
        },
        is_http2: connection.alpn_protocol() == Some(H2),
        client: leaf.map(|leaf| certificate::client(leaf)).transpose()?.map(Arc::new),
    })
}

fn fingerprint(certificate: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

const H2: &[u8] = b"h2";

/// What a client may choose, best first.
const ALPN: [&[u8]; 2] = [H2, b"http/1.1"];

/// The first byte of every handshake (RFC 8446, 5.1), with which no request of HTTP begins.
const RECORD: u8 = 22;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How much of a request without TLS is read to its end, and for how long.
const UNREAD: u64 = 1 << 20;
const FAREWELL: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(86_400);
