//! The signature of a request to S3, of version 4, over its headers and its body
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).

use std::time::SystemTime;

use aws_sdk_kms::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Who signs, and for which region.
pub(super) struct Signer<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) region: &'a str,
}

impl Signer<'_> {
    /// All headers of a request to an address, these ones among them.
    ///
    /// # Errors
    /// What is signed cannot be sent; why, for people.
    pub(super) fn headers(
        &self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        content: &[u8],
        time: SystemTime,
    ) -> Result<HeaderMap, String> {
        let wrong = || "the request cannot be signed; check the region and the credentials".to_owned();
        let identity = Identity::from(self.credentials.clone());
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("s3")
            .time(time)
            .settings(settings())
            .build()
            .map_err(|_| wrong())?
            .into();
        let body = SignableBody::Bytes(content);
        let request = SignableRequest::new(method, url.as_str(), headers.iter().copied(), body);
        let signed = request.and_then(|request| sign(request, &params)).map_err(|_| wrong())?;
        let (signed, _) = signed.into_parts();
        let mut all = HeaderMap::new();
        for (name, value) in headers.iter().copied().chain(signed.headers()) {
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            let mut value: HeaderValue = value.parse().map_err(|_| wrong())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        Ok(all)
    }
}

/// S3 takes the path as it is written, and wants to know the sum of the content.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// The example of the documentation, «PUT Object».
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let credentials = |token: Option<&str>| {
            let (access, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
            Credentials::new(access, secret, token.map(str::to_owned), None, "test")
        };
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/test%24file.text").expect("is a URL");
        let own = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        let time = UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let headers = |credentials: &Credentials| {
            let signer = Signer { credentials, region: "us-east-1" };
            signer.headers("PUT", &url, &own, b"Welcome to Amazon S3.", time).expect("is signed")
        };
        let signed = headers(&credentials(None));
        let text = |name: &str| signed.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(
            text("authorization").as_deref(),
            Some(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                 SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, \
                 Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            )
        );
        let sum = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
        assert_eq!(text("x-amz-content-sha256").as_deref(), Some(sum));
        assert_eq!(text("x-amz-date").as_deref(), Some("20130524T000000Z"));
        assert_eq!((text("x-amz-security-token"), signed.len()), (None, 5));
        let session = headers(&credentials(Some("token")));
        assert!(session.get("x-amz-security-token").is_some_and(|token| token == "token"));
        let authorization = session["authorization"].to_str().expect("is a text");
        assert!(authorization.contains("x-amz-date;x-amz-security-token;x-amz-storage-class"), "{authorization}");
    }
}
