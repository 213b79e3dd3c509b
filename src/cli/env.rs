//! Every environment variable that we read, and the one way to read them. An empty variable is as
//! good as none, as in SOPS.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file with the creation rules, in place of the search for `.sops.yaml`.
pub(super) const SOPS_CONFIG: &str = "SOPS_CONFIG";
/// The kinds of keys to try first when a file is decrypted, comma-separated.
pub(super) const SOPS_DECRYPTION_ORDER: &str = "SOPS_DECRYPTION_ORDER";
/// Whether keys may be used by this process (`true`, `false`).
pub(super) const SOPS_ENABLE_LOCAL_KEYSERVICE: &str = "SOPS_ENABLE_LOCAL_KEYSERVICE";
/// Other key services to use, comma-separated.
pub(super) const SOPS_KEYSERVICE: &str = "SOPS_KEYSERVICE";

/// How long a key on the network may take, in seconds.
pub(super) const CLOZE_KEY_TIMEOUT: &str = "CLOZE_KEY_TIMEOUT";

/// age recipients for new files, comma-separated.
pub(super) const SOPS_AGE_RECIPIENTS: &str = "SOPS_AGE_RECIPIENTS";
/// PGP fingerprints for new files, comma-separated.
pub(super) const SOPS_PGP_FP: &str = "SOPS_PGP_FP";
/// AWS KMS keys for new files, comma-separated.
pub(super) const SOPS_KMS_ARN: &str = "SOPS_KMS_ARN";
/// Google Cloud KMS keys for new files, comma-separated.
pub(super) const SOPS_GCP_KMS_IDS: &str = "SOPS_GCP_KMS_IDS";
/// Huawei Cloud KMS keys for new files, comma-separated.
pub(super) const SOPS_HUAWEICLOUD_KMS_IDS: &str = "SOPS_HUAWEICLOUD_KMS_IDS";
/// Azure Key Vault keys for new files, comma-separated.
pub(super) const SOPS_AZURE_KEYVAULT_URLS: &str = "SOPS_AZURE_KEYVAULT_URLS";
/// Vault transit keys for new files, comma-separated.
pub(super) const SOPS_VAULT_URIS: &str = "SOPS_VAULT_URIS";

/// The server of Vault's own tools, where a destination rule names none.
#[cfg(feature = "publish")]
pub(super) const VAULT_ADDR: &str = "VAULT_ADDR";
/// The same for OpenBao.
#[cfg(feature = "publish")]
pub(super) const BAO_ADDR: &str = "BAO_ADDR";

/// age identities.
pub(super) const SOPS_AGE_KEY: &str = "SOPS_AGE_KEY";
/// A file with age identities.
pub(super) const SOPS_AGE_KEY_FILE: &str = "SOPS_AGE_KEY_FILE";
/// A command that prints age identities.
pub(super) const SOPS_AGE_KEY_CMD: &str = "SOPS_AGE_KEY_CMD";
/// A file with a private key of SSH.
pub(super) const SOPS_AGE_SSH_PRIVATE_KEY_FILE: &str = "SOPS_AGE_SSH_PRIVATE_KEY_FILE";
/// A command that prints a private key of SSH.
pub(super) const SOPS_AGE_SSH_PRIVATE_KEY_CMD: &str = "SOPS_AGE_SSH_PRIVATE_KEY_CMD";

/// The editor for `edit`, with arguments.
pub(super) const SOPS_EDITOR: &str = "SOPS_EDITOR";
/// The editor when `SOPS_EDITOR` is not set.
pub(super) const EDITOR: &str = "EDITOR";

/// Where programs are.
pub(super) const PATH: &str = "PATH";
/// The folder of the user.
pub(super) const HOME: &str = "HOME";
/// Where configuration is kept, in place of `~/.config`.
pub(super) const XDG_CONFIG_HOME: &str = "XDG_CONFIG_HOME";
/// Where drafts are kept, in place of `~/.local/state`.
pub(super) const XDG_STATE_HOME: &str = "XDG_STATE_HOME";
/// A private folder, in memory on most systems: the place for plaintext that is being edited.
pub(super) const XDG_RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";
/// Where temporary files are, in place of `/tmp`.
pub(super) const TMPDIR: &str = "TMPDIR";

/// Finds the value of a variable.
type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where it is said that there are records to be kept. No variable changes that: whoever is to be
/// recorded has a say in the variables.
const AUDIT_CONFIG: &str = "/etc/sops/audit.yaml";

/// The variables of a run, and the one fixed place; tests bring their own.
#[derive(Clone)]
pub(super) struct Env {
    lookup: Arc<Lookup>,
    audit_config: Arc<Path>,
}

impl Env {
    /// Those of this process.
    #[must_use]
    pub(super) fn process() -> Self {
        Env { lookup: Arc::new(|name| std::env::var_os(name)), audit_config: Path::new(AUDIT_CONFIG).into() }
    }

    /// These and no others.
    #[cfg(test)]
    pub(super) fn of<const N: usize>(variables: [(&'static str, &str); N]) -> Self {
        let variables = variables.map(|(name, value)| (name, OsString::from(value)));
        let find = move |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Env { lookup: Arc::new(find), audit_config: Path::new("/nonexistent/audit.yaml").into() }
    }

    /// The same with another place of the audit configuration.
    #[cfg(test)]
    pub(super) fn audited_by(self, path: &Path) -> Self {
        Env { audit_config: path.into(), ..self }
    }

    /// Where the audit configuration is, if there is one.
    #[must_use]
    pub(super) fn audit_config(&self) -> &Path {
        &self.audit_config
    }

    /// The value of a variable that is set and not empty.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<OsString> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The same as text; what is not UTF-8 is replaced.
    #[must_use]
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// The same as a path.
    #[must_use]
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Where the user's configuration is: what SOPS (that is, Go) takes for it.
    #[must_use]
    pub(super) fn config_dir(&self) -> Option<PathBuf> {
        let place = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
        self.path(XDG_CONFIG_HOME).or_else(|| self.path(HOME).map(|home| home.join(place)))
    }

    /// Where the user's state is.
    #[must_use]
    pub(super) fn state_dir(&self) -> Option<PathBuf> {
        self.path(XDG_STATE_HOME).or_else(|| self.path(HOME).map(|home| home.join(".local/state")))
    }

    /// Where temporary files are.
    #[must_use]
    pub(super) fn temp_dir(&self) -> PathBuf {
        self.path(TMPDIR).unwrap_or_else(|| PathBuf::from("/tmp"))
    }
}
