//! What AWS answers when it does not do it, as one line for people: the cause, and the next step.
//! The codes are those of the API references of KMS, STS and of the errors common to all of AWS.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;

use super::super::network::Failure;
use super::super::{said, said_by_system};
use super::Key;
use super::profiles::Profile;

/// A call of KMS that failed. `action` is the permission that it takes.
pub(super) fn of_call<E>(error: SdkError<E, HttpResponse>, key: &Key<'_>, profile: &Profile, action: &str) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let message = said(error.message().unwrap_or_default());
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (code.as_str(), status) {
        ("", None) => unanswered(&error, "AWS KMS"),
        ("", Some(status @ (401 | 403))) => {
            Failure::NotMine(format!("AWS KMS refuses the credentials (HTTP {status}); check them"))
        }
        ("", Some(status)) => Failure::Broken(format!("AWS KMS answers with HTTP {status}; try again")),
        _ => of_code(&code, &message, key, action).unwrap_or_else(|| of_credentials(&code, &message, profile)),
    }
}

/// What KMS says of its keys.
fn of_code(code: &str, message: &str, key: &Key<'_>, action: &str) -> Option<Failure> {
    let broken = |text: String| Some(Failure::Broken(text));
    let (arn, region) = (key.arn, &key.access.region);
    match code {
        "AccessDeniedException" => {
            Some(Failure::NotMine(format!("AWS denies it: {message}; ask for `{action}` on this key")))
        }
        "NotFoundException" => {
            broken(format!("there is no such key in `{region}` of that account ({message}); check the ARN"))
        }
        "DisabledException" => {
            broken(format!("the key is disabled; `aws kms enable-key --region {region} --key-id {arn}` enables it"))
        }
        "KMSInvalidStateException" => broken(format!(
            "the key cannot be used: {message}; see `aws kms describe-key --region {region} --key-id {arn}`"
        )),
        "InvalidCiphertextException" => broken(format!(
            "what is stored was not made by this key with {}; compare it with the `context` of the entry as it was",
            key.described_context()
        )),
        "IncorrectKeyException" => {
            broken("another key made what is stored: the alias may have moved; name the key itself in the entry".into())
        }
        "InvalidKeyUsageException" => {
            broken("the key does not encrypt symmetrically; use one of the type SYMMETRIC_DEFAULT".into())
        }
        "InvalidArnException" | "ValidationException" => {
            broken(format!("AWS KMS does not take the entry: {message}; check the ARN"))
        }
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" | "RequestLimitExceeded" => {
            broken(format!("AWS KMS has too many requests ({message}); try again in a moment"))
        }
        "KeyUnavailableException"
        | "DependencyTimeoutException"
        | "KMSInternalException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => broken(format!("AWS KMS has a failure of its own ({code}); try again")),
        _ => None,
    }
}

/// What every service of AWS says of credentials.
fn of_credentials(code: &str, message: &str, profile: &Profile) -> Failure {
    match code {
        "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => expired(profile),
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            Failure::NotMine("AWS does not know the access key; check AWS_ACCESS_KEY_ID or the profile".into())
        }
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "IncompleteSignature" => Failure::NotMine(
            "the secret access key does not fit the access key, or the clock is wrong; check both".into(),
        ),
        _ => Failure::Broken(format!("AWS answers {code}: {message}")),
    }
}

/// A search for credentials that found none that can be used.
pub(super) fn of_search(error: &CredentialsError, profile: &Profile) -> Failure {
    if connector(error).is_some() {
        return unanswered(error, "the place that gives AWS credentials");
    }
    let of = profile.asked.as_deref().map(|name| format!(" for the profile `{name}`")).unwrap_or_default();
    let text = chain(error);
    match (error, &profile.sso, &profile.missing) {
        (CredentialsError::CredentialsNotLoaded(_), _, Some(name)) => Failure::NotMine(format!(
            "there is no AWS profile `{name}`, which AWS_PROFILE names; make it with `aws configure --profile {name}`"
        )),
        (CredentialsError::CredentialsNotLoaded(_), None, _) => Failure::NotMine(format!(
            "there are no AWS credentials{of}; run `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        )),
        (_, Some(_), _) => expired(profile),
        _ if is_about_login(error) => Failure::NotMine(format!(
            "the credentials{of} come from `aws login`, and the program `aws`, which reads them, is not there; install it"
        )),
        _ => Failure::NotMine(format!("there are no AWS credentials{of}: {text}")),
    }
}

/// Whether the SDK was led to a login of `aws login`, which it reads only with a feature that brings one
/// more SDK.
pub(super) fn is_about_login(error: &CredentialsError) -> bool {
    chain(error).contains("credentials-login")
}

/// A role that cannot be assumed.
pub(super) fn of_role(error: &CredentialsError, role: &str, profile: &Profile) -> Failure {
    if connector(error).is_some() {
        return unanswered(error, "AWS STS");
    }
    let (code, message) = answer(error);
    match code.as_str() {
        "AccessDenied" | "AccessDeniedException" => {
            Failure::NotMine(format!("the role `{role}` is denied: {message}; ask for `sts:AssumeRole` on it"))
        }
        "" => Failure::Broken(format!("the role `{role}` cannot be assumed: {}", chain(error))),
        _ => of_credentials(&code, &message, profile),
    }
}

/// Credentials that ended, and how to get new ones.
fn expired(profile: &Profile) -> Failure {
    Failure::NotMine(match &profile.sso {
        Some(name) => {
            format!("the SSO login of the AWS profile `{name}` has ended; run `aws sso login --profile {name}`")
        }
        None => "the AWS credentials have expired; get new ones".into(),
    })
}

/// No answer came.
fn unanswered(error: &(dyn Error + 'static), who: &str) -> Failure {
    let why = match connector(error) {
        Some(error) if error.is_timeout() => "the connection timed out".into(),
        Some(error) => said_by_system(&innermost(error)),
        None => said_by_system(&innermost(error)),
    };
    Failure::Broken(format!("{who} cannot be reached: {why}; check the network, HTTPS_PROXY and AWS_ENDPOINT_URL"))
}

/// The code and the message of an answer that is somewhere in the causes.
fn answer(error: &(dyn Error + 'static)) -> (String, String) {
    let known = causes(error).find_map(|cause| cause.downcast_ref::<ErrorMetadata>());
    if let Some(known) = known {
        return (known.code().unwrap_or_default().into(), said(known.message().unwrap_or_default()));
    }
    // Errors that the SDK has a type for say `Code: message`.
    let last = innermost(error);
    match last.split_once(": ") {
        Some((code, message)) if code.ends_with("Exception") => (code.to_owned(), said(message)),
        _ => Default::default(),
    }
}

/// What failed below HTTP, if that is what failed.
fn connector<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a ConnectorError> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// An error with all its causes, in one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> = causes(error).map(|cause| said(&cause.to_string())).collect();
    said(&texts.join(": "))
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    said(&causes(error).last().unwrap_or(error).to_string())
}
