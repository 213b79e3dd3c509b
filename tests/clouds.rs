//! The stand-in for Google Cloud and Azure, `tests/servers/clouds.py`. Programs reach it through
//! HTTPS_PROXY under the names of the real services, so that they run as they are shipped.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::harness::{Call, Sandbox, repository};
use crate::servers::{Server, require_tool};

/// The tenant that the stand-in has.
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// The application that it knows.
pub(crate) const CLIENT: &str = "99999999-8888-7777-6666-555555555555";

/// The stand-in, and the drongo behind it.
pub(crate) struct Clouds {
    server: Server,
    _drongo: Server,
    /// Python with the clients of Google and Microsoft.
    python: PathBuf,
    folder: PathBuf,
}

/// The stand-in, started once; a line where its parts are missing.
pub(crate) fn require_clouds() -> Option<&'static Clouds> {
    static STARTED: OnceLock<Option<Clouds>> = OnceLock::new();
    STARTED.get_or_init(start).as_ref()
}

fn start() -> Option<Clouds> {
    let (python, program) = (require_tool("python")?, require_tool("drongo")?);
    // Its own first line names the folder where it was installed.
    let args = |port: u16| {
        vec![
            program.display().to_string(),
            "server".into(),
            "--host".into(),
            "127.0.0.1".into(),
            "--port".into(),
            port.to_string(),
        ]
    };
    let drongo = Server::start("drongo", &python, args, &[]);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clouds");
    let script = repository("tests/servers/clouds.py").display().to_string();
    let args = |port: u16| vec![script, port.to_string(), folder.display().to_string(), drongo.url()];
    let server = Server::start("clouds", &python, args, &[]);
    Some(Clouds { server, _drongo: drongo, python, folder })
}

impl Clouds {
    /// A call that reaches the stand-in, and nothing outside of this machine.
    pub(crate) fn reached_by(&self, call: Call) -> Call {
        call.env("HTTPS_PROXY", self.url())
            .env("NO_PROXY", "127.0.0.1")
            .env("SSL_CERT_FILE", self.file("ca.pem"))
            .env("REQUESTS_CA_BUNDLE", self.file("ca.pem"))
            .env("GCE_METADATA_HOST", "127.0.0.1:1")
            .env("SOPS_GCP_KMS_CLIENT_TYPE", "rest")
    }

    /// A Python script that does.
    pub(crate) fn script(&self, sandbox: &Sandbox, script: &str, args: &[&str]) -> Call {
        let path = sandbox.write("script.py", script);
        let args = std::iter::once(path.to_str().unwrap()).chain(args.iter().copied());
        self.reached_by(sandbox.call(&self.python, args))
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.server.port)
    }

    /// A file that it made.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// How often something was asked for that has this in its name.
    pub(crate) fn count(&self, part: &str) -> usize {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(b"GET /calls HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split('"').filter(|call| call.contains(part)).count()
    }
}
