//! Credentials of `aws login`. The program of AWS that wrote them reads them, too, and renews them.

use std::time::SystemTime;

use aws_sdk_kms::config::Credentials;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

use super::super::network::Failure;
use super::super::{Call, Host, said};
use super::profiles::Profile;

/// The credentials of a profile, as the program of AWS exports them; nothing where it is not installed.
///
/// # Errors
/// It does not.
pub(super) fn exported(host: &dyn Host, profile: &Profile) -> Option<Result<Credentials, Failure>> {
    let program = host.program("aws")?;
    let mut args = vec!["configure", "export-credentials", "--format", "process"];
    if let Some(name) = &profile.asked {
        args.extend(["--profile", name]);
    }
    let named = profile.asked.as_ref().map(|name| format!(" --profile {name}")).unwrap_or_default();
    let ran = host.run(&Call { program: &program, args: &args, variables: &[], input: b"" });
    Some(match ran {
        Err(reason) => Err(Failure::NotMine(reason)),
        Ok(ran) if !ran.success => {
            let last = ran.said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(Failure::NotMine(format!("the login of AWS cannot be used: {}; run `aws login{named}`", said(last))))
        }
        Ok(ran) => read(&ran.output).ok_or_else(|| {
            Failure::NotMine(
                "`aws configure export-credentials` prints no credentials; is it version 2 of `aws`?".into(),
            )
        }),
    })
}

/// Credentials in the form in which programs hand them over
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).
fn read(output: &[u8]) -> Option<Credentials> {
    let found: Value = serde_json::from_slice(output).ok()?;
    let text = |name: &str| found[name].as_str().filter(|text| !text.is_empty());
    let end = text("Expiration").map(|end| DateTime::from_str(end, Format::DateTimeWithOffset)).transpose().ok()?;
    let end = end.map(SystemTime::try_from).transpose().ok()?;
    let token = text("SessionToken").map(str::to_owned);
    Some(Credentials::new(text("AccessKeyId")?, text("SecretAccessKey")?, token, end, "aws login"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_as_programs_hand_them_over() {
        let read = |text: &str| read(text.as_bytes());
        let whole = r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2099-01-01T00:00:00+00:00"}"#;
        let found = read(whole).expect("are some");
        assert_eq!((found.access_key_id(), found.session_token()), ("a", Some("c")));
        assert!(found.expiry().is_some_and(|end| end > SystemTime::now()));
        assert!(read(r#"{"AccessKeyId":"a","SecretAccessKey":"b"}"#).is_some_and(|found| found.expiry().is_none()));
        for wrong in
            ["", "null", r#"{"AccessKeyId":"a"}"#, &whole.replace("2099-01", "soon"), &whole.replace("\"b\"", "\"\"")]
        {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
