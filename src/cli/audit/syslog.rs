//! Records for the system log, in the form that its local socket takes (RFC 3164 without a time:
//! that is in the record, and the log has its own).

use std::io::{self, Write as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::Duration;

use super::{Event, at};
use crate::rules::Syslog;

/// Where the system has its log.
const SOCKET: &str = if cfg!(target_os = "macos") { "/var/run/syslog" } else { "/dev/log" };
/// «Normal but significant» (RFC 5424 §6.2.1).
const NOTICE: u8 = 5;
/// How long a log may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends records, each as one message.
pub(super) fn send(log: &Syslog, events: &[Event<'_>]) -> Result<(), String> {
    let socket = log.socket.as_deref().unwrap_or(Path::new(SOCKET));
    let priority = log.facility.0 * 8 + NOTICE;
    let message = |event: &Event<'_>| format!("<{priority}>cloze[{}]: {{{}}}", std::process::id(), event.json());
    let messages: Vec<String> = events.iter().map(message).collect();
    match datagrams(socket, &messages) {
        // Some logs take a stream instead.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error()) => {
            stream(socket, &messages)
        }
        result => result,
    }
    .map_err(|error| at(socket, &error))
}

fn datagrams(path: &Path, messages: &[String]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(path)?;
    messages.iter().try_for_each(|message| socket.send(message.as_bytes()).map(|_| ()))
}

fn stream(path: &Path, messages: &[String]) -> io::Result<()> {
    let mut socket = UnixStream::connect(path)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    // The end of a message is a zero.
    messages.iter().try_for_each(|message| socket.write_all(format!("{message}\0").as_bytes()))
}
