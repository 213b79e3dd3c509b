//! Credentials of Huawei Cloud, where its SDK finds them: variables, then the file
//! `~/.huaweicloud/credentials`. Not asked are the metadata of a virtual machine, and federation.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::recipient::{Host, found};

pub(super) const AK: &str = "HUAWEICLOUD_SDK_AK";
pub(super) const SK: &str = "HUAWEICLOUD_SDK_SK";
pub(super) const PROJECT: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
const TOKEN: &str = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
const FILE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";

/// An access key, and what belongs to it.
pub(super) struct Credentials {
    pub(super) access: String,
    pub(super) secret: Zeroizing<String>,
    /// Of access keys that end.
    pub(super) token: Option<Zeroizing<String>>,
    pub(super) project: Option<String>,
}

/// Those of the variables, or those of the file.
///
/// # Errors
/// There are none, or the file cannot be read; why, for people.
pub(super) fn find(host: &dyn Host) -> Result<Credentials, String> {
    if let (Some(access), Some(secret)) = (host.variable(AK), host.variable(SK)) {
        let token = host.variable(TOKEN).map(Zeroizing::new);
        return Ok(Credentials { access, secret: Zeroizing::new(secret), token, project: host.variable(PROJECT) });
    }
    let none = || format!("there are no credentials for Huawei Cloud; set {AK} and {SK}");
    let path = file(host).ok_or_else(none)?;
    let shown = path.display();
    let text = found::text(host, &path)?.ok_or_else(none)?;
    of_profile(&text).ok_or_else(|| format!("`{shown}` has no `ak` and `sk` in the section `[basic]`"))
}

fn file(host: &dyn Host) -> Option<PathBuf> {
    let named = host.variable_os(FILE).map(PathBuf::from);
    named.or_else(|| host.variable_os("HOME").map(|home| PathBuf::from(home).join(".huaweicloud/credentials")))
}

/// The section `[basic]` of a file of the SDK.
fn of_profile(text: &str) -> Option<Credentials> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| *line == "[basic]")?;
    let (mut access, mut secret, mut token, mut project) = (None, None, None, None);
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let Some((name, value)) = line.split_once(['=', ':']) else { continue };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "ak" => access = Some(value.to_owned()),
            "sk" => secret = Some(Zeroizing::new(value.to_owned())),
            "security_token" => token = Some(Zeroizing::new(value.to_owned())),
            "project_id" => project = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(Credentials {
        access: access.filter(|text| !text.is_empty())?,
        secret: secret.filter(|text| !text.is_empty())?,
        token: token.filter(|text| !text.is_empty()),
        project: project.filter(|text| !text.is_empty()),
    })
}

/// The places where credentials are looked for, with what is there.
pub(super) fn places(host: &dyn Host) -> Vec<String> {
    let variables = [AK, SK].into_iter().map(|name| found::variable(host, name));
    variables.chain(file(host).map(|path| found::file(host, &path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_the_section_basic() {
        let text =
            "# mine\n[global]\nak = no\nsk = no\n[basic]\nAK = a=b\nsk: s\nproject_id =\nregion = x\n[other]\nak=c\n";
        let found = of_profile(text).expect("is one");
        assert_eq!((found.access.as_str(), found.secret.as_str(), found.project), ("a=b", "s", None));
        for text in ["", "[basic]\nak=a\n", "ak=a\nsk=b\n", "[basic]\nak=\nsk=b\n"] {
            assert!(of_profile(text).is_none(), "{text}");
        }
    }
}
