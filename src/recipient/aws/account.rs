//! Who we are to AWS, for a service other than KMS: the same look-up as for keys, of the profile that
//! the user names.

use std::sync::Arc;

use aws_sdk_kms::config::Credentials;
use zeroize::Zeroizing;

use super::super::Host;
use super::super::network::Failure;
use super::session::Sessions;

/// The region when nothing says another one, as for the tools of AWS.
const REGION: &str = "us-east-1";

/// Credentials, and what the configuration of AWS says besides.
pub struct Account {
    /// Its two keys and, if it is a session, its token.
    pub credentials: Credentials,
    /// Where services are called.
    pub region: String,
    /// The place of all services, if it is another one than that of AWS.
    pub endpoint: Option<String>,
    /// Whether services are called where they have cryptography that FIPS 140 approves.
    pub fips: bool,
    /// Whether services are called where they have addresses of IPv6, too.
    pub dual_stack: bool,
    /// The authorities to trust, in PEM, in place of those of the system.
    pub authorities: Option<Zeroizing<Vec<u8>>>,
}

impl Account {
    /// Looks for the credentials of a profile, or of the one that is chosen here when none is named. To
    /// be called in the runtime of the network.
    ///
    /// # Errors
    /// There is no such profile, or there are no credentials.
    pub async fn find(host: Arc<dyn Host>, profile: Option<&str>) -> Result<Self, Failure> {
        let sessions = Sessions::new(host);
        let profile = sessions.profile(profile.unwrap_or_default()).await?;
        let config = sessions.load(&profile, None).await?;
        let region = config.region().map_or(REGION, |region| region.as_ref()).to_owned();
        let credentials = sessions.credentials(&profile, &region).await?;
        let endpoint = config.endpoint_url().filter(|endpoint| !endpoint.is_empty()).map(str::to_owned);
        let [fips, dual_stack] = [config.use_fips(), config.use_dual_stack()].map(|wanted| wanted == Some(true));
        Ok(Account { credentials, region, endpoint, fips, dual_stack, authorities: sessions.authorities()? })
    }
}
