//! What can be seen of AWS without a network: names, contexts, and what becomes of entries that are
//! none. Calls are tested in `tests/aws.rs`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::profiles::Profiles;
use super::session::session_name;
use super::*;
use crate::document::tree::Tree;
use crate::recipient::Nobody;

/// A host with variables, which keeps warnings.
#[derive(Default)]
struct Told {
    variables: HashMap<&'static str, String>,
    warnings: Mutex<Vec<String>>,
}

impl Host for Told {
    fn secret(&self, _: &str) -> Result<Zeroizing<String>, String> {
        Err("nobody".into())
    }

    fn line(&self, _: &str) -> Result<String, String> {
        Err("nobody".into())
    }

    fn choose(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}

    fn warn(&self, message: &str) {
        self.warnings.lock().expect("is not poisoned").push(message.to_owned());
    }

    fn program(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn variable_os(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(Into::into)
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("builds").block_on(work)
}

/// Profiles of a configuration file.
fn profiles(config: &str, selected: &str) -> (Profiles, Arc<Told>, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().expect("makes");
    let path = folder.path().join("config");
    std::fs::write(&path, config).expect("writes");
    let mut told = Told::default();
    told.variables.insert("AWS_CONFIG_FILE", path.display().to_string());
    told.variables.insert("AWS_SHARED_CREDENTIALS_FILE", Path::new("/nonexistent").display().to_string());
    told.variables.insert("AWS_ACCESS_KEY_ID", "id".into());
    if !selected.is_empty() {
        told.variables.insert("AWS_PROFILE", selected.into());
    }
    let told = Arc::new(told);
    (Profiles::new(told.clone()), told, folder)
}

#[test]
fn a_session_of_a_role_is_named_as_by_sops() {
    // Measured: SOPS drops hyphens.
    assert_eq!(session_name(Some("ip-10-0.a")), "sops@ip100.a");
    assert_eq!(session_name(Some("héß+ost")), "sops@host");
    assert_eq!(session_name(None), "sops@");
    assert_eq!(session_name(Some(&"a".repeat(99))).len(), 64);
}

#[test]
fn an_entry_that_is_no_key_is_said_to_be_none() {
    let aws = Aws::new(Arc::new(Nobody));
    for (arn, enc, why) in [
        ("arn:aws:s3:::b", "QQ==", "is not the ARN of an AWS KMS key"),
        ("", "QQ==", "is not the ARN of an AWS KMS key"),
        ("arn:aws:kms:r:1:key/1", "no base64", "its wrapped key is not base64"),
    ] {
        let recipient = Recipient { kind: Kind::Kms, fields: vec![("arn", Tree::string(arn))] };
        let key = WrappedKey { recipient, enc: enc.into(), created_at: None, unknown: Vec::new() };
        match wait(aws.unwrap(&key)) {
            Unwrapped::Broken(reason) => assert!(reason.starts_with(why), "{reason}"),
            _ => panic!("{arn} opens"),
        }
    }
}

#[test]
fn a_context_of_nothing_is_none() {
    let arn = "arn:aws:kms:r:1:key/1";
    let pair = |name: &str| (name.to_owned(), "v".to_owned());
    let with = parse::kms(arn, "", vec![pair("b"), pair("a")], "").expect("is a key");
    let without = parse::kms(arn, "", Vec::new(), "").expect("is a key");
    let key = Key::of(&with).expect("is a key");
    assert_eq!(key.context(), Some(HashMap::from([pair("a"), pair("b")])));
    assert_eq!(key.described_context(), "this encryption context (`a`, `b`)");
    assert_eq!(Key::of(&without).expect("is a key").context(), None);
}

#[test]
fn a_missing_profile_is_warned_of_once() {
    let (profiles, told, _folder) = profiles("[profile here]\nregion = r\n", "");
    for _ in 0..2 {
        assert_eq!(wait(profiles.find("there")).expect("reads").asked, None);
        assert_eq!(wait(profiles.find("here")).expect("reads").asked.as_deref(), Some("here"));
    }
    let warnings = told.warnings.lock().expect("is not poisoned");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("`there`"), "{warnings:?}");
}

#[test]
fn a_login_is_found_behind_roles_and_circles_end() {
    let config = "[profile a]\nsource_profile = b\n[profile b]\nsso_session = s\n[sso-session s]\nsso_region = r\n\
        [profile c]\nsource_profile = d\n[profile d]\nsource_profile = c\n";
    let (profiles, _, _folder) = profiles(config, "c");
    assert_eq!(wait(profiles.find("a")).expect("reads").sso.as_deref(), Some("b"));
    assert_eq!(wait(profiles.find("")).expect("reads").sso, None);
}

#[test]
fn an_entry_with_a_profile_hides_the_credentials_in_variables() {
    let (profiles, _, _folder) = profiles("[profile here]\nregion = r\n", "elsewhere");
    let (named, any) = (wait(profiles.find("here")).expect("reads"), wait(profiles.find("")).expect("reads"));
    assert!(!profiles.variables(&named).contains_key("AWS_ACCESS_KEY_ID"));
    assert!(profiles.variables(&any).contains_key("AWS_ACCESS_KEY_ID"));
    assert_eq!((named.missing, any.missing.as_deref()), (None, Some("elsewhere")));
}
