//! Where an object of S3 is: the host of a region and a bucket, and the name of the object as the
//! signature takes it.

use std::fmt::Write as _;

use reqwest::Url;

use crate::recipient::aws::Account;

/// The domains of the partitions of AWS, by what the names of their regions begin with
/// (`partitions.json` of its SDKs).
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
];
/// The domain of all other regions.
const DOMAIN: &str = "amazonaws.com";

/// Where S3 is.
pub(super) enum Service {
    /// That of AWS: a host, below which are those of the buckets.
    Aws(String),
    /// Another one, without a slash at the end. Its buckets are steps of the path: nobody says that they
    /// have hosts.
    Other(String),
}

impl Service {
    /// That of AWS in the region of an account.
    pub(super) fn of_aws(account: &Account) -> Self {
        let region = &account.region;
        let domain = DOMAINS.iter().find(|(start, _)| region.starts_with(start)).map_or(DOMAIN, |(_, domain)| domain);
        let fips = if account.fips { "-fips" } else { "" };
        let dual_stack = if account.dual_stack { ".dualstack" } else { "" };
        Service::Aws(format!("s3{fips}{dual_stack}.{region}.{domain}"))
    }

    /// That of an endpoint.
    ///
    /// # Errors
    /// It is no URL, or one that has more than a place.
    pub(super) fn at(endpoint: &str) -> Result<Self, String> {
        let is_place = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        // It is not repeated: there may be a password in it.
        let url = Url::parse(endpoint).ok().filter(is_place);
        let url =
            url.ok_or("the endpoint for S3 is no URL of a server; check AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL")?;
        Ok(Service::Other(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address of an object.
    ///
    /// # Errors
    /// No bucket can have that name, or an address would lead elsewhere.
    pub(super) fn address(&self, bucket: &str, name: &str) -> Result<Url, String> {
        let is_bucket = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '_' | ':');
        if matches!(bucket, "" | "." | "..") || !bucket.chars().all(is_bucket) {
            return Err("no bucket can have that name; check the destination rule".into());
        }
        let path = encoded(name);
        let text = match self {
            Service::Aws(host) if is_label(bucket) => format!("https://{bucket}.{host}/{path}"),
            Service::Aws(host) => format!("https://{host}/{}/{path}", encoded(bucket)),
            Service::Other(start) => format!("{start}/{}/{path}", encoded(bucket)),
        };
        // A URL must be taken as it is written, since that is what is signed.
        let url = Url::parse(&text).ok().filter(|url| url.path().ends_with(&format!("/{path}")));
        url.ok_or_else(|| format!("there is no address for `{name}` in S3"))
    }
}

/// Whether a bucket can be a part of the name of a host that certificates are good for: one without
/// dots.
fn is_label(bucket: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len()) && bucket.bytes().all(is_fit) && !bucket.starts_with('-') && !bucket.ends_with('-')
}

/// A name as the signatures of S3 want it: all but what needs no escape, and slashes, by its bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(char::from(byte)),
            _ => write!(text, "%{byte:02X}").expect("impossible: a text is written into memory"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::config::Credentials;

    use super::*;

    fn of_aws(region: &str, fips: bool, dual_stack: bool) -> Service {
        let credentials = Credentials::new("a", "s", None, None, "test");
        let region = region.to_owned();
        Service::of_aws(&Account { credentials, region, endpoint: None, fips, dual_stack, authorities: None })
    }

    #[test]
    fn a_bucket_of_aws_has_a_host_where_its_name_allows_that() {
        for (region, fips, dual_stack, bucket, expected) in [
            ("eu-west-1", false, false, "abc-1", "https://abc-1.s3.eu-west-1.amazonaws.com/k"),
            ("eu-west-1", true, false, "abc", "https://abc.s3-fips.eu-west-1.amazonaws.com/k"),
            ("us-gov-west-1", true, true, "abc", "https://abc.s3-fips.dualstack.us-gov-west-1.amazonaws.com/k"),
            ("cn-north-1", false, false, "abc", "https://abc.s3.cn-north-1.amazonaws.com.cn/k"),
            ("us-isob-east-1", false, false, "abc", "https://abc.s3.us-isob-east-1.sc2s.sgov.gov/k"),
            ("us-east-1", false, false, "a.b.c", "https://s3.us-east-1.amazonaws.com/a.b.c/k"),
            ("us-east-1", false, false, "Old_One", "https://s3.us-east-1.amazonaws.com/Old_One/k"),
            ("us-east-1", false, false, "-ab", "https://s3.us-east-1.amazonaws.com/-ab/k"),
            ("us-east-1", false, false, "ab", "https://s3.us-east-1.amazonaws.com/ab/k"),
        ] {
            let url = of_aws(region, fips, dual_stack).address(bucket, "k").map(String::from);
            assert_eq!(url.as_deref(), Ok(expected));
        }
        for bucket in ["", ".", "..", "a/b", "a b", "a?b", "a#b", "a@b", "ü"] {
            assert!(of_aws("us-east-1", false, false).address(bucket, "k").is_err(), "{bucket}");
        }
    }

    #[test]
    fn an_endpoint_has_its_buckets_in_the_path() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000/b-1/k")),
            ("https://[::1]:9000/", Some("https://[::1]:9000/b-1/k")),
            ("https://s3.example.org:443/store//", Some("https://s3.example.org/store/b-1/k")),
            ("s3.example.org", None),
            ("ftp://s3.example.org", None),
            ("https://u:p@s3.example.org", None),
            ("https://s3.example.org/?a=b", None),
        ] {
            let url = Service::at(endpoint).and_then(|service| service.address("b-1", "k")).map(String::from).ok();
            assert_eq!(url.as_deref(), expected, "{endpoint}");
        }
    }

    #[test]
    fn names_are_encoded_as_s3_signs_them() {
        for (name, expected) in [
            ("p/q/a.enc.yaml", "p/q/a.enc.yaml"),
            ("a b+c", "a%20b%2Bc"),
            ("/a//b", "/a//b"),
            ("é~%41", "%C3%A9~%2541"),
            ("a?b#c&d=e:f@g", "a%3Fb%23c%26d%3De%3Af%40g"),
            (r#"\"<>'()*!$,;[]|^`{}"#, "%5C%22%3C%3E%27%28%29%2A%21%24%2C%3B%5B%5D%7C%5E%60%7B%7D"),
        ] {
            let url = Service::at("http://h").and_then(|service| service.address("b", name)).map(String::from);
            assert_eq!(url, Ok(format!("http://h/b/{expected}")));
        }
        for name in ["a/../b", "a/./b", ".."] {
            let url = Service::at("http://h").and_then(|service| service.address("b", name));
            assert!(url.is_err(), "{name}");
        }
    }
}
