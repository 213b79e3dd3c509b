//! TLS to an audit database, as far as the connection string wants the server to be known.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::super::files;
use super::dsn::Tls;

/// The settings of TLS for a connection. Certificates of authorities come from the file, or from
/// the system.
pub(super) fn config(tls: Tls, roots: Option<&Path>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let authorities = match (tls, roots) {
        (Tls::Disable, _) | (Tls::Require, None) => None,
        (_, Some(file)) => Some(from_file(file)?),
        (_, None) => Some(of_the_system()?),
    };
    let authorities = authorities
        .map(|store| WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build())
        .transpose()
        .map_err(|_| "there is no certificate of an authority to trust")?;
    let verifier = Verifier { authorities, any_name: tls != Tls::VerifyFull, provider: provider.clone() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

fn from_file(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |reason: &str| format!("`sslrootcert`, `{}`, {reason}", file.display());
    let text = files::read(file).map_err(|_| wrong("cannot be read"))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|_| wrong("is not in the form PEM"))?;
        store.add(certificate).map_err(|_| wrong("holds something that is no certificate"))?;
    }
    Ok(store)
}

fn of_the_system() -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        return Err("the system has no certificates of authorities; `sslrootcert` names a file with some".into());
    }
    Ok(store)
}

/// Looks at the certificate of a server.
#[derive(Debug)]
struct Verifier {
    /// None if any certificate will do, which is what `sslmode=require` means.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    /// Whether it may be that of another server.
    any_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        match authorities.verify_server_cert(certificate, chain, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.any_name => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
