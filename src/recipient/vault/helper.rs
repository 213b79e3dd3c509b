//! The token helper of Vault's own tools: a program that keeps tokens, named in their configuration
//! `~/.vault` (<https://developer.hashicorp.com/vault/docs/commands/token-helper>).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::address::Address;
use super::settings::Settings;
use crate::recipient::{Call, found};

/// The field of the configuration.
const FIELD: &str = "token_helper";

/// The token that the helper has for a server; none without a helper, or if it has none.
///
/// # Errors
/// The helper cannot be run, or fails; why, for people.
pub(super) fn token(settings: &Settings, address: &Address) -> Result<Option<Zeroizing<String>>, String> {
    let Some(program) = named(settings)? else { return Ok(None) };
    let shown = program.display();
    let address = |name| (name, OsString::from(address.text()));
    let variables = [address("VAULT_ADDR"), address("BAO_ADDR")];
    let ran = settings.host.run(&Call { program: &program, args: &["get"], variables: &variables, input: b"" })?;
    if !ran.success {
        return Err(format!("the token helper `{shown}` failed; `{shown} get` shows why"));
    }
    let text = std::str::from_utf8(&ran.output).map_err(|_| format!("the token helper `{shown}` prints no text"))?;
    Ok(Some(Zeroizing::new(text.trim().to_owned())).filter(|token| !token.is_empty()))
}

/// The program that the configuration names.
fn named(settings: &Settings) -> Result<Option<PathBuf>, String> {
    let host = &*settings.host;
    let (path, text) = match settings.get("CONFIG_PATH") {
        Some(setting) => {
            let path = PathBuf::from(&setting.value);
            let text = found::text(host, &path)?;
            (path, Some(text.ok_or_else(|| format!("`{}` of {} is not there", setting.value, setting.name))?))
        }
        None => {
            let Some(home) = host.variable_os("HOME") else { return Ok(None) };
            let path = Path::new(&home).join(".vault");
            // Something else of this name is not ours to complain about.
            let text = found::text(host, &path).ok().flatten();
            (path, text)
        }
    };
    let Some(helper) = text.as_deref().and_then(|text| helper_in(text)) else { return Ok(None) };
    let wrong = || format!("`{}`: `{FIELD}` takes the whole path of a program in quotes", path.display());
    let program = helper.map(PathBuf::from).filter(|program| program.is_absolute());
    program.map(Some).ok_or_else(wrong)
}

/// What a configuration in HCL or JSON says of the helper: what stands in quotes, or nothing that we
/// can read.
fn helper_in(text: &str) -> Option<Option<&str>> {
    let is_comment = |line: &&str| line.starts_with('#') || line.starts_with("//");
    let line = text.lines().map(str::trim).filter(|line| !is_comment(line)).find(|line| line.contains(FIELD))?;
    let (_, value) = line.split_once(FIELD)?;
    let value = value.trim_start_matches(['"', ' ', '\t']).strip_prefix(['=', ':']).map(str::trim_start);
    let quoted = value.and_then(|value| value.strip_prefix('"')).and_then(|value| value.split_once('"'));
    Some(quoted.map(|(program, _)| program).filter(|program| !program.contains('\\')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_stands_in_the_configuration() {
        for (text, expected) in [
            ("", None),
            ("# token_helper = \"/a\"\nother = 1\n", None),
            ("// token_helper\ntoken_helper = \"/a b\" # here\n", Some(Some("/a b"))),
            ("token_helper=\"~/a\"", Some(Some("~/a"))),
            ("{\n  \"token_helper\": \"/a\"\n}", Some(Some("/a"))),
            ("token_helper = <<EOF", Some(None)),
            ("token_helper", Some(None)),
            ("token_helper = \"/a\\\"b\"", Some(None)),
        ] {
            assert_eq!(helper_in(text), expected, "{text}");
        }
    }
}
