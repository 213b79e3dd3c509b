//! The profiles of AWS on this machine (`~/.aws/config`, `~/.aws/credentials`): which there are, and
//! which of them log in by SSO. What else is in them is for the SDK.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_config::profile::ProfileSet;
use tokio::sync::OnceCell;

use super::super::Host;
use super::super::network::Failure;
use super::failure;

/// The variable that chooses a profile when an entry names none.
pub(super) const AWS_PROFILE: &str = "AWS_PROFILE";
/// The profile when nothing chooses one.
const DEFAULT: &str = "default";

/// Every variable that the SDK reads. It is given those that are set and not empty: an empty
/// `AWS_ENDPOINT_URL` is a panic in it, where other programs take it for none.
const VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_UA_APP_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HOME",
];

/// What comes from a variable and not from a profile: an entry that names a profile means that one.
const CREDENTIALS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// The profiles of a run, read when the first is asked for.
pub(super) struct Profiles {
    host: Arc<dyn Host>,
    read: OnceCell<Result<ProfileSet, Failure>>,
    /// Those that are missing, and of which that was said.
    missing: RefCell<HashSet<String>>,
}

/// A profile that credentials come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    /// Its name, if an entry asks for it; else the variables of AWS come first.
    pub(super) asked: Option<String>,
    /// The name of the profile that logs in by SSO, when this one does or stands on one that does.
    pub(super) sso: Option<String>,
    /// The name in `AWS_PROFILE`, when there is no such profile.
    pub(super) missing: Option<String>,
}

impl Profiles {
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Profiles { host, read: OnceCell::new(), missing: RefCell::default() }
    }

    /// The variables that the SDK may see for a profile.
    pub(super) fn variables(&self, profile: &Profile) -> HashMap<String, String> {
        let seen = VARIABLES.iter().filter(|name| profile.asked.is_none() || !CREDENTIALS.contains(name));
        seen.filter_map(|name| Some(((*name).to_owned(), self.host.variable(name)?))).collect()
    }

    /// The profile that an entry names; an empty name is none. One that is not on this machine is
    /// passed over with a warning: the name is that of somebody else's configuration.
    ///
    /// # Errors
    /// The files of AWS cannot be read.
    pub(super) async fn find(&self, name: &str) -> Result<Profile, Failure> {
        let set = self.set().await?;
        let asked = Some(name).filter(|name| set.get_profile(name).is_some());
        if !name.is_empty() && asked.is_none() && self.missing.borrow_mut().insert(name.to_owned()) {
            self.host
                .warn(&format!("there is no AWS profile `{name}` here, which an entry names; using the default one"));
        }
        let chosen = self.host.variable(AWS_PROFILE);
        let selected = asked.or(chosen.as_deref()).unwrap_or(DEFAULT);
        if set.get_profile(selected).and_then(|profile| profile.get("endpoint_url")) == Some("") {
            return Err(Failure::Broken(format!(
                "the AWS profile `{selected}` has an empty `endpoint_url`; remove it"
            )));
        }
        let missing = chosen.as_deref().filter(|name| asked.is_none() && set.get_profile(name).is_none());
        Ok(Profile { asked: asked.map(Into::into), sso: sso_of(set, selected), missing: missing.map(Into::into) })
    }

    /// The profile that the user names; an empty name is none.
    ///
    /// # Errors
    /// It is not there, or the files of AWS cannot be read.
    pub(super) async fn named(&self, name: &str) -> Result<Profile, Failure> {
        let set = self.set().await?;
        if !name.is_empty() && set.get_profile(name).is_none() {
            let make = format!("make it with `aws configure --profile {name}`");
            return Err(Failure::NotMine(format!("there is no AWS profile `{name}` here; {make}")));
        }
        self.find(name).await
    }

    async fn set(&self) -> Result<&ProfileSet, Failure> {
        self.read.get_or_init(|| self.load()).await.as_ref().map_err(Clone::clone)
    }

    async fn load(&self) -> Result<ProfileSet, Failure> {
        let variables = self.variables(&Profile::default());
        let set = aws_config::profile::load(&Default::default(), &variables.into(), &Default::default(), None).await;
        set.map_err(|error| {
            Failure::Broken(format!("the configuration of AWS cannot be read: {}", failure::chain(&error)))
        })
    }

    /// Where credentials were looked for.
    pub(super) fn places(&self) -> Vec<String> {
        let is_set = |name| if self.host.variable(name).is_some() { "is set" } else { "not there" };
        let file = |variable, standard: &str| match self.host.variable(variable) {
            Some(path) => format!("{variable} (`{path}`)"),
            None => standard.to_owned(),
        };
        let profile = self.host.variable(AWS_PROFILE).unwrap_or_else(|| DEFAULT.into());
        let config = file("AWS_CONFIG_FILE", "~/.aws/config");
        let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
        vec![
            format!("AWS_ACCESS_KEY_ID: {}", is_set("AWS_ACCESS_KEY_ID")),
            format!("the AWS profile `{profile}` in {config} and {credentials}"),
            format!("AWS_WEB_IDENTITY_TOKEN_FILE: {}", is_set("AWS_WEB_IDENTITY_TOKEN_FILE")),
            "the metadata of the container or the machine at AWS".into(),
        ]
    }
}

/// The profile that logs in by SSO, from the one that is used along those that it stands on.
fn sso_of(set: &ProfileSet, name: &str) -> Option<String> {
    let mut seen = HashSet::new();
    let mut name = name;
    while seen.insert(name) {
        let profile = set.get_profile(name)?;
        if profile.get("sso_session").or(profile.get("sso_start_url")).is_some() {
            return Some(name.to_owned());
        }
        name = profile.get("source_profile")?;
    }
    None
}
