//! What TLS tells of a connection.

/// What a client and a listener agreed on. In the extensions of a request if it came over TLS.
#[derive(Clone, Debug)]
pub(crate) struct Secured {
    /// `TLSv1.3`
    pub(crate) version: &'static str,
    /// In the words of OpenSSL, which AWS uses.
    pub(crate) cipher_suite: &'static str,
    #[cfg(feature = "tls")]
    pub(crate) is_http2: bool,
    /// Who the client is, if it was asked for a certificate.
    #[cfg(feature = "tls")]
    pub(crate) client: Option<std::sync::Arc<Client>>,
}

/// A client that has shown a certificate.
#[cfg(feature = "tls")]
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) certificate: crate::ClientCertificate,
    /// What a load balancer tells of it.
    pub(crate) headers: [(&'static str, String); 5],
}

impl Secured {
    /// What a function URL on AWS mostly says.
    pub(crate) const USUAL: Self = Self {
        version: "TLSv1.3",
        cipher_suite: "TLS_AES_128_GCM_SHA256",
        #[cfg(feature = "tls")]
        is_http2: false,
        #[cfg(feature = "tls")]
        client: None,
    };
}
