//! Keys in Huawei Cloud KMS (sops-compat.md §5.8), over its REST API: `encrypt-data` and
//! `decrypt-data` of version 1.0, in requests signed with SDK-HMAC-SHA256.

mod credentials;
mod sign;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Request, StatusCode, Url};
use serde_json::Value;
use zeroize::Zeroizing;

use super::network::{self, Answer, Backend, Failure, Network, Reply, exchange, is_step};
use super::{Host, Kind, Recipient, Unwrapped, WrappedKey, said};
use credentials::Credentials;

/// The one algorithm that SOPS uses: the key decides how.
const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

/// The backend.
pub struct Huawei {
    host: Arc<dyn Host>,
    now: fn() -> i64,
    network: Rc<Network>,
    credentials: OnceCell<Result<Credentials, String>>,
    /// By region, where no variable names the project.
    projects: RefCell<HashMap<String, Rc<Project>>>,
}

/// The project of a region, once it was asked for.
type Project = tokio::sync::OnceCell<Result<String, Failure>>;

impl Huawei {
    /// The keys that the credentials of this host reach. `now` is the time in seconds since 1970.
    #[must_use]
    pub fn new(host: Arc<dyn Host>, network: &Rc<Network>, now: fn() -> i64) -> Self {
        let (credentials, projects) = Default::default();
        Huawei { host, now, network: Rc::clone(network), credentials, projects }
    }

    fn credentials(&self) -> Result<&Credentials, Failure> {
        let found = self.credentials.get_or_init(|| credentials::find(self.host.as_ref()));
        found.as_ref().map_err(|why| Failure::NotMine(why.clone()))
    }

    /// Lets KMS do something with a key, and returns one text of its answer.
    async fn kms(
        &self,
        recipient: &Recipient,
        verb: &str,
        body: &[u8],
        field: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        let (region, _) = parts(recipient)?;
        let project = self.project(region).await?;
        let url = self.endpoint("KMS", region)?;
        let url = at(&url, &["v1.0", &project, "kms", verb])?;
        let reply = self.send(Method::POST, url, body, Some(&project)).await?;
        let mut answer = answer(&reply)?;
        match answer.get_mut(field).map(Value::take) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Zeroizing::new(text)),
            _ => Err(Failure::Broken(format!("the server did not answer as KMS does to `{verb}`; check its address"))),
        }
    }

    /// The project of a region: as the credentials say, or as IAM says, once.
    async fn project(&self, region: &str) -> Result<String, Failure> {
        if let Some(project) = &self.credentials()?.project {
            return Ok(project.clone());
        }
        let cell = Rc::clone(self.projects.borrow_mut().entry(region.to_owned()).or_default());
        cell.get_or_init(|| self.ask_for_project(region)).await.clone()
    }

    async fn ask_for_project(&self, region: &str) -> Result<String, Failure> {
        let mut url = at(&self.endpoint("IAM", region)?, &["v3", "projects"])?;
        url.query_pairs_mut().append_pair("name", region);
        let answer = answer(&self.send(Method::GET, url, b"", None).await?)?;
        let ids: Vec<&str> =
            answer["projects"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()).collect();
        match ids[..] {
            [id] => Ok(id.to_owned()),
            _ => {
                let message = format!("there are {} projects in the region `{region}`", ids.len());
                Err(Failure::NotMine(format!("{message}; set {}", credentials::PROJECT)))
            }
        }
    }

    /// Where a service of a region is, unless a variable of the SDK says another place.
    fn endpoint(&self, service: &str, region: &str) -> Result<Url, Failure> {
        let name = match service {
            "IAM" => "HUAWEICLOUD_SDK_IAM_ENDPOINT".to_owned(),
            _ => format!("HUAWEICLOUD_SDK_REGION_{service}_{}", region.replace('-', "_").to_uppercase()),
        };
        if let Some(text) = self.host.variable(&name) {
            let url = Url::parse(text.split(',').next().unwrap_or_default());
            let url = url.map_err(|_| Failure::Broken(format!("{name} is no URL")))?;
            let bare = || format!("{name} has no TLS, and would show the data key; use https");
            return if network::is_safe(&url) { Ok(url) } else { Err(Failure::Broken(bare())) };
        }
        // The one region of the European company.
        let end = if region == "eu-west-101" { "eu" } else { "com" };
        let text = format!("https://{}.{region}.myhuaweicloud.{end}", service.to_lowercase());
        Url::parse(&text).map_err(|_| Failure::Broken(format!("`{region}` is no region")))
    }

    async fn send(&self, method: Method, url: Url, body: &[u8], project: Option<&str>) -> Result<Reply, Failure> {
        let http = self.network.client().map_err(Failure::Broken)?;
        let place = url.origin().ascii_serialization();
        let mut request = Request::new(method, url);
        if let Some(project) = project {
            sign::header(&mut request, "x-project-id", project, false).map_err(Failure::Broken)?;
        }
        if !body.is_empty() {
            sign::header(&mut request, "content-type", "application/json;charset=utf8", false)
                .map_err(Failure::Broken)?;
            *request.body_mut() = Some(network::body(body));
        }
        sign::sign(&mut request, body, self.credentials()?, (self.now)()).map_err(Failure::Broken)?;
        let request = reqwest::RequestBuilder::from_parts(http, request);
        exchange(request).await.map_err(|why| Failure::Broken(format!("`{place}` {why}")))
    }
}

/// The region and the key in a recipient. The region becomes part of a host's name.
fn parts(recipient: &Recipient) -> Result<(&str, &str), Failure> {
    let id = recipient.field("key_id");
    let parts = id.split_once(':').map(|(region, key)| (region.trim(), key.trim()));
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let wrong = || Failure::Broken("a Huawei Cloud KMS key is `REGION:KEY-UUID`".into());
    parts.filter(|(region, key)| is_name(region) && !key.is_empty()).ok_or_else(wrong)
}

fn at(base: &Url, steps: &[&str]) -> Result<Url, Failure> {
    let mut url = base.clone();
    if !steps.iter().all(|step| is_step(step)) {
        return Err(Failure::Broken("the id of the project is none".into()));
    }
    let path = url.path_segments_mut().map(|mut path| {
        path.clear().extend(steps);
    });
    path.map_err(|()| Failure::Broken("the endpoint is no URL of HTTP".into()))?;
    Ok(url)
}

/// The JSON of an answer that says success.
fn answer(reply: &Reply) -> Result<Value, Failure> {
    let json = reply.json();
    let error = if json["error"].is_object() { &json["error"] } else { &json };
    let text = |name: &str| error[name].as_str().map(said);
    let remark = match (text("error_msg"), text("error_code")) {
        (Some(message), Some(code)) => format!(": {message} ({code})"),
        (Some(one), None) | (None, Some(one)) => format!(": {one}"),
        (None, None) => String::new(),
    };
    Err(match reply.status {
        status if status.is_success() => return Ok(json),
        StatusCode::UNAUTHORIZED => Failure::NotMine(format!(
            "the credentials were refused{remark}; check {} and {}",
            credentials::AK,
            credentials::SK
        )),
        StatusCode::FORBIDDEN => {
            Failure::NotMine(format!("denied{remark}; the account must be allowed to use this key"))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            Failure::Broken(format!("the server has too much to do{remark}; try again later"))
        }
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
            Failure::Broken(format!("the request was refused{remark}; check the key, its region and the project"))
        }
        status => Failure::Broken(format!("the server answered {status}{remark}; try again later")),
    })
}

impl Backend for Huawei {
    fn kind(&self) -> Kind {
        Kind::Hckms
    }

    fn wrap<'a>(&'a self, recipient: &'a Recipient, secret: &'a [u8]) -> Answer<'a, Result<String, String>> {
        Box::pin(async move {
            let work = async {
                let plaintext = Zeroizing::new(STANDARD.encode(secret));
                let (_, key) = parts(recipient)?;
                let fields = [("key_id", key), ("plain_text", &plaintext), ("encryption_algorithm", ALGORITHM)];
                self.kms(recipient, "encrypt-data", &network::object(&fields), "cipher_text").await
            };
            work.await.map(|text| text.as_str().to_owned()).map_err(Failure::into_reason)
        })
    }

    fn unwrap<'a>(&'a self, key: &'a WrappedKey) -> Answer<'a, Unwrapped> {
        Box::pin(async move {
            let work = async {
                let (_, id) = parts(&key.recipient)?;
                let fields = [("cipher_text", key.enc.as_str()), ("encryption_algorithm", ALGORITHM), ("key_id", id)];
                self.kms(&key.recipient, "decrypt-data", &network::object(&fields), "plain_text").await
            };
            match work.await {
                Ok(text) => match STANDARD.decode(text.as_bytes()) {
                    Ok(secret) => Unwrapped::Key(Zeroizing::new(secret)),
                    Err(_) => Unwrapped::Broken("the server's answer is no base64".into()),
                },
                Err(failure) => failure.into(),
            }
        })
    }

    fn places(&self) -> Vec<String> {
        credentials::places(self.host.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use serde_json::json;

    use crate::document::tree::Tree;
    use crate::recipient::Nobody;

    #[test]
    fn a_region_cannot_lead_elsewhere() {
        let of = |id: &str| {
            let recipient = Recipient { kind: Kind::Hckms, fields: vec![("key_id", Tree::string(id))] };
            let huawei = Huawei::new(Arc::new(Nobody), &Network::new(Duration::from_secs(1)), || 0);
            let (region, _) = parts(&recipient).ok()?;
            huawei.endpoint("KMS", region).ok().map(|url| url.to_string())
        };
        assert_eq!(of("tr-west-1:0a").as_deref(), Some("https://kms.tr-west-1.myhuaweicloud.com/"));
        assert_eq!(of(" eu-west-101 : 0a").as_deref(), Some("https://kms.eu-west-101.myhuaweicloud.eu/"));
        for id in ["evil.example/x?:0a", "a.b:0a", ":0a", "tr-west-1:", "tr-west-1"] {
            assert_eq!(of(id), None, "{id}");
        }
    }

    #[test]
    fn what_is_denied_is_told_from_what_is_broken() {
        let of = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).expect("is one");
            answer(&Reply {
                status,
                headers: reqwest::header::HeaderMap::new(),
                body: Zeroizing::new(body.as_bytes().to_vec()),
            })
        };
        assert_eq!(of(200, "{\"a\":1}"), Ok(json!({ "a": 1 })));
        let nested = of(403, "{\"error\":{\"error_code\":\"KMS.0308\",\"error_msg\":\"no\"}}");
        let wanted = "denied: no (KMS.0308); the account must be allowed to use this key";
        assert_eq!(nested, Err(Failure::NotMine(wanted.into())));
        assert!(matches!(of(401, "{}"), Err(Failure::NotMine(_))));
        assert_eq!(
            of(400, "{\"error_msg\":\"bad\"}"),
            Err(Failure::Broken("the request was refused: bad; check the key, its region and the project".into()))
        );
        assert!(matches!(of(302, ""), Err(Failure::Broken(_))));
    }
}
