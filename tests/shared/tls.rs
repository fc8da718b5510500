//! Serves TLS to tests: kubectl and its plugins send credentials over nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::ring};
use tokio_rustls::server::TlsStream;

/// Is told of every connection that came about.
type Greeted = Arc<dyn Fn(&TlsStream<TcpStream>) + Send + Sync>;

/// A listener whose connections have shaken hands.
pub struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    greeted: Greeted,
}

impl TlsListener {
    pub fn new(tcp: TcpListener, config: ServerConfig, greeted: Greeted) -> Self {
        Self { tcp, acceptor: TlsAcceptor::from(Arc::new(config)), greeted }
    }

    /// With a certificate that nobody knows.
    #[allow(dead_code)]
    pub fn self_signed(tcp: TcpListener) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
        Self::new(tcp, config.expect("a certificate and its key"), Arc::new(|_| ()))
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else { continue };
            // Who connects and says nothing must not keep out the others.
            if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_secs(5), self.acceptor.accept(stream)).await {
                (self.greeted)(&stream);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
