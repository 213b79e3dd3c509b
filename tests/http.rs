//! A small server of HTTP on 127.0.0.1 for what real servers cannot be made to do: answers of
//! failure, silence, and many requests at once. It can pass requests on to a real one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method, path and version.
    pub(crate) line: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    /// What was sent.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        let headers = headers(&mut reader)?;
        let mut request = Request { line: line.trim_end().to_owned(), headers, body: Vec::new() };
        let length = request.header("content-length").parse().unwrap_or(0);
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    /// Sends it to a real server, as it is.
    pub(crate) fn pass_on(&self, port: u16) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut head = format!("{}\r\nconnection: close\r\n", self.line);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(&[head.as_bytes(), b"\r\n", &self.body].concat()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        headers(&mut reader).unwrap();
        let mut body = Vec::new();
        reader.read_to_end(&mut body).unwrap();
        Reply { status, body }
    }
}

fn headers(reader: &mut impl std::io::BufRead) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Some(headers) };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// What to answer.
pub(crate) struct Reply {
    /// The status of HTTP.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A status and a text.
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Reply { status, body: body.as_bytes().to_vec() }
    }
}

/// A server that keeps what it was asked. It runs until the tests end.
pub(crate) struct Http {
    /// Where it listens.
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Http {
    /// A server that answers so; a request that gets no answer waits until its client gives up.
    pub(crate) fn start(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (answer, kept) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &*answer, &kept));
            }
        });
        Http { port, seen }
    }

    /// Where it is, for a client of HTTP.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it was asked until now.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Option<Reply>, seen: &Mutex<Vec<Request>>) {
    let Some(request) = Request::read(&stream) else { return };
    seen.lock().unwrap().push(request.clone());
    match answer(&request) {
        Some(Reply { status, body }) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} said\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
        None => {
            let _ = stream.read(&mut [0]);
        }
    }
}

/// A gate that opens when so many wait at it: work that is done one after the other never opens it.
pub(crate) struct Gate {
    needed: usize,
    came: Mutex<usize>,
    opened: Condvar,
}

impl Gate {
    /// A gate for so many.
    pub(crate) fn new(needed: usize) -> Self {
        Gate { needed, came: Mutex::new(0), opened: Condvar::new() }
    }

    /// Waits for the others. False if they do not come.
    pub(crate) fn pass(&self) -> bool {
        let mut came = self.came.lock().unwrap();
        *came += 1;
        self.opened.notify_all();
        let patience = Duration::from_secs(20);
        let (came, _) = self.opened.wait_timeout_while(came, patience, |came| *came < self.needed).unwrap();
        *came >= self.needed
    }
}
