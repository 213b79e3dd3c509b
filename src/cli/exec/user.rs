//! Running a program as somebody else, with all groups of that user. Of a process that goes on,
//! such as that of `exec-file`, only the thread that starts the program changes.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use super::super::error::{CommandError, reason};

/// A user of the system.
pub(super) struct User {
    name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    #[cfg(target_os = "linux")]
    groups: Vec<u32>,
    home: PathBuf,
}

impl User {
    /// The user with this name.
    ///
    /// # Errors
    /// There is none, or the system cannot say.
    pub(super) fn find(name: &str) -> Result<Self, CommandError> {
        let failed = |error: nix::Error| {
            let why = reason(&io::Error::from(error));
            CommandError::usage(format!("--user: the user `{name}` cannot be looked up: {why}"))
        };
        let found = nix::unistd::User::from_name(name).map_err(failed)?;
        let found = found.ok_or_else(|| CommandError::usage(format!("--user: there is no user `{name}`")))?;
        Ok(User {
            #[cfg(target_os = "linux")]
            groups: groups(name, found.gid).map_err(failed)?,
            name: found.name,
            uid: found.uid.as_raw(),
            gid: found.gid.as_raw(),
            home: found.dir,
        })
    }

    /// Sets the variables that say who a program belongs to.
    pub(super) fn describe(&self, command: &mut Command) {
        command.env("HOME", &self.home).env("USER", &self.name).env("LOGNAME", &self.name);
    }

    /// The rights to act as this user are missing.
    fn refused(&self, error: &io::Error) -> CommandError {
        let error = CommandError::usage(format!("--user: cannot act as `{}`: {}", self.name, reason(error)));
        error.hint("only root can act as another user")
    }
}

#[cfg(target_os = "linux")]
fn groups(name: &str, gid: nix::unistd::Gid) -> nix::Result<Vec<u32>> {
    let name = std::ffi::CString::new(name).map_err(|_| nix::Error::EINVAL)?;
    Ok(nix::unistd::getgrouplist(&name, gid)?.into_iter().map(nix::unistd::Gid::as_raw).collect())
}

/// Starts a command as a user, or as who we are.
///
/// # Errors
/// We may not act as that user.
#[cfg(target_os = "linux")]
pub(super) fn start<T: Send>(
    command: &mut Command,
    user: Option<&User>,
    start: impl FnOnce(&mut Command) -> T + Send,
) -> Result<T, CommandError> {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

    let Some(user) = user else { return Ok(start(command)) };
    let switch = || {
        let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        set_thread_groups(&groups)?;
        set_thread_res_gid(gid, gid, gid)?;
        set_thread_res_uid(uid, uid, uid)
    };
    // On Linux each thread has an owner, which what it starts inherits. This one ends then.
    let in_thread = || match switch() {
        Ok(()) => Ok(start(command)),
        Err(error) => Err(user.refused(&error.into())),
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, in_thread);
        let thread = thread.map_err(|error| user.refused(&error))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Starts a command as a user, or as who we are. Here it has no groups but the first one.
///
/// # Errors
/// We may not act as that user.
#[cfg(not(target_os = "linux"))]
pub(super) fn start<T: Send>(
    command: &mut Command,
    user: Option<&User>,
    start: impl FnOnce(&mut Command) -> T + Send,
) -> Result<T, CommandError> {
    use std::os::unix::process::CommandExt as _;

    if let Some(user) = user {
        if !rustix::process::geteuid().is_root() {
            return Err(user.refused(&io::Error::from(io::ErrorKind::PermissionDenied)));
        }
        command.uid(user.uid).gid(user.gid);
    }
    Ok(start(command))
}
