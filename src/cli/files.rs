//! Reading whole files, the one atomic write, and the one log that only grows. Nothing else in the
//! program opens a file for writing; a test holds that.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile, TempDir};
use zeroize::Zeroizing;

use super::env::{self, Env};
use super::signals::Hold;
use super::ui;

/// How much is written before a look at what else there is to do.
const CHUNK: usize = 1 << 20;
/// The length at which a text is too long for spans of four bytes.
const LIMIT: usize = u32::MAX as usize;

/// What can go wrong with a file.
#[derive(Debug)]
pub(super) enum FileError {
    /// There is none.
    Missing(PathBuf),
    /// It is a directory.
    Directory(PathBuf),
    /// It cannot be read.
    Read(PathBuf, io::Error),
    /// It is longer than we can handle.
    TooLarge(PathBuf),
    /// It cannot be written.
    Write(PathBuf, io::Error),
    /// It exists, and was to be new.
    Exists(PathBuf),
    /// A signal asked the run to end while it was written; nothing was.
    Interrupted(i32),
}

/// What a new file holds, which decides who may read it. An existing file keeps its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Secrets: for the owner only.
    Plaintext,
    /// Nothing secret: as the umask says.
    Ciphertext,
}

/// Reads a file as a whole: opened once and read to its end, so that a FIFO will do.
///
/// # Errors
/// See [`FileError`].
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if path == Path::new("/dev/stdin") {
        return read_stdin();
    }
    let wrap = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FileError::Missing(path.to_owned()),
        io::ErrorKind::IsADirectory => FileError::Directory(path.to_owned()),
        _ => FileError::Read(path.to_owned(), error),
    };
    let file = File::open(path).map_err(wrap)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    if size > LIMIT as u64 {
        return Err(FileError::TooLarge(path.to_owned()));
    }
    read_to_end(file, usize::try_from(size).unwrap_or(0), LIMIT)
        .map_err(wrap)?
        .ok_or_else(|| FileError::TooLarge(path.to_owned()))
}

/// Reads standard input to its end.
///
/// # Errors
/// It cannot be read, or is too long.
pub(super) fn read_stdin() -> Result<Zeroizing<Vec<u8>>, FileError> {
    let path = || PathBuf::from("standard input");
    // Of a redirected file, the length; of a pipe, nothing.
    let size = rustix::fs::fstat(io::stdin()).map_or(0, |found| usize::try_from(found.st_size).unwrap_or(0));
    read_to_end(io::stdin().lock(), size.min(LIMIT), LIMIT)
        .map_err(|error| FileError::Read(path(), error))?
        .ok_or_else(|| FileError::TooLarge(path()))
}

/// The terminal that this process belongs to, for questions.
///
/// # Errors
/// There is none.
pub(super) fn terminal() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// Reads what a program prints to its end.
///
/// # Errors
/// It cannot be read, or is too long.
pub(super) fn read_pipe(pipe: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    read_to_end(pipe, 0, limit)?.ok_or_else(|| io::Error::other("too much is printed"))
}

/// Reads to the end; none when there is more than `limit`. A buffer that grows is wiped first: it
/// may hold plaintext.
fn read_to_end(mut source: impl Read, expected: usize, limit: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut buffer = Zeroizing::new(vec![0; expected.max(8 * 1024) + 1]);
    let mut filled = 0;
    loop {
        if filled > limit {
            return Ok(None);
        }
        if filled == buffer.len() {
            let mut larger = Zeroizing::new(vec![0; buffer.len() * 4]);
            larger[..filled].copy_from_slice(&buffer);
            buffer = larger;
        }
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(filled);
    Ok(Some(buffer))
}

/// Writes a file so that it is at all times either the old or the new one: beside it, synced,
/// renamed over it. Links are followed. What is no regular file (a terminal, a FIFO) is written
/// to as it is.
///
/// # Errors
/// It cannot be written; then the target is untouched and nothing is left behind.
pub(super) fn write(path: &Path, data: &[u8], contents: Contents) -> Result<(), FileError> {
    replace(path, data, contents, true)
}

/// The same for a file that must not exist yet.
///
/// # Errors
/// It exists, or cannot be written.
pub(super) fn create(path: &Path, data: &[u8], contents: Contents) -> Result<(), FileError> {
    replace(path, data, contents, false)
}

fn replace(path: &Path, data: &[u8], contents: Contents, over: bool) -> Result<(), FileError> {
    if let Some(number) = descriptor(path) {
        return write_to_descriptor(number, path, data);
    }
    let wrap = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists(path.to_owned()),
        _ => FileError::Write(path.to_owned(), error),
    };
    // What must not exist may not be a link either, wherever that leads. What cannot be looked at
    // does not count as missing: the system may refuse to follow a link that somebody else has put
    // into `/tmp`.
    let old = match if over { fs::metadata(path) } else { fs::symlink_metadata(path) } {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(wrap(error)),
    };
    if let Some(old) = &old {
        if !over {
            return Err(FileError::Exists(path.to_owned()));
        }
        if old.is_dir() {
            return Err(wrap(io::ErrorKind::IsADirectory.into()));
        }
        if is_special(path, old) {
            return write_through(path, data).map_err(wrap);
        }
    }
    // A signal must not end us before the half that is written is gone again.
    let hold = Hold::new().map_err(wrap)?;
    replace_atomically(path, data, contents, old.as_ref(), over, &hold)
        .map_err(|error| hold.came().map_or_else(|| wrap(error), FileError::Interrupted))
}

/// The file descriptor of ours that a path stands for.
fn descriptor(path: &Path) -> Option<i32> {
    match path.to_str()? {
        "/dev/stdout" => Some(1),
        "/dev/stderr" => Some(2),
        text => {
            let number = text.strip_prefix("/dev/fd/").or_else(|| text.strip_prefix("/proc/self/fd/"))?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
        }
    }
}

/// Writes to a descriptor that we were given, where it stands. Opening its path would open the
/// file anew: at its beginning.
fn write_to_descriptor(number: i32, path: &Path, data: &[u8]) -> Result<(), FileError> {
    let written = match number {
        1 => return ui::stdout(data),
        2 => io::stderr().lock().write_all(data),
        _ => duplicate(number, path).and_then(|mut file| file.write_all(data)),
    };
    written.map_err(|error| FileError::Write(path.to_owned(), error))
}

/// A duplicate of a descriptor.
fn duplicate(number: i32, path: &Path) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        // The way to name a descriptor by its number without unsafe code.
        let duplicate = pidfd_open(getpid(), PidfdFlags::empty())
            .and_then(|own| pidfd_getfd(own, number, PidfdGetfdFlags::empty()));
        match duplicate {
            Ok(file) => return Ok(file.into()),
            Err(rustix::io::Errno::BADF) => return Err(rustix::io::Errno::BADF.into()),
            // A kernel before 5.6, or a sandbox.
            Err(_) => {}
        }
    }
    // What it was redirected to stands at its end in almost every case. On other systems than
    // Linux, opening the path is duplicating.
    File::options().append(true).open(path)
}

/// Whether a file leads to something that no other file can take the place of.
fn is_special(path: &Path, metadata: &fs::Metadata) -> bool {
    let kind = metadata.file_type();
    let device = kind.is_fifo() || kind.is_char_device() || kind.is_block_device() || kind.is_socket();
    device || path.starts_with("/dev/fd") || path.starts_with("/proc")
}

fn write_through(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    file.write_all(data)
}

fn replace_atomically(
    path: &Path,
    data: &[u8],
    contents: Contents,
    old: Option<&fs::Metadata>,
    over: bool,
    hold: &Hold,
) -> io::Result<()> {
    let go_on = || hold.came().map_or(Ok(()), |_| Err(io::Error::from(io::ErrorKind::Interrupted)));
    let target = if over { resolve(path)? } else { path.to_owned() };
    let directory = parent(&target);
    let mode = if contents == Contents::Plaintext || old.is_some() { 0o600 } else { 0o644 };
    // The mode is subject to the umask, as that of any new file.
    let permissions = fs::Permissions::from_mode(mode);
    let mut file = Builder::new().prefix(".cloze-").permissions(permissions).tempfile_in(directory)?;
    for chunk in data.chunks(CHUNK) {
        file.write_all(chunk)?;
        go_on()?;
    }
    if let Some(old) = old {
        keep_owner_and_mode(&file, old)?;
    }
    file.as_file().sync_all()?;
    go_on()?;
    let persisted = if over { file.persist(&target) } else { file.persist_noclobber(&target) };
    persisted.map_err(|error| error.error)?;
    // The rename is done; that it is not on the disk yet is no failure of ours.
    sync_directory(directory);
    Ok(())
}

/// Makes a new file in a directory, with a name between these two that nobody can foresee.
///
/// # Errors
/// It cannot be written.
pub(super) fn create_unforeseen(directory: &Path, start: &str, end: &str, data: &[u8]) -> Result<PathBuf, FileError> {
    let make = || {
        let _hold = Hold::new()?;
        let permissions = fs::Permissions::from_mode(0o600);
        let mut file = Builder::new().prefix(start).suffix(end).permissions(permissions).tempfile_in(directory)?;
        file.write_all(data)?;
        file.as_file().sync_all()?;
        Ok(file.keep()?.1)
    };
    make().map_err(|error| FileError::Write(directory.to_owned(), error))
}

/// How long another process may hold a log.
const LOG_PATIENCE: Duration = Duration::from_secs(10);
/// No line of a log is longer.
const LOG_LINE: u64 = 1 << 20;

/// A file of lines that is only ever added to, and ours alone until it is dropped.
pub(super) struct Log {
    file: File,
}

/// The last line of a [`Log`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LastLine {
    /// The line without its end; empty if there is none.
    pub line: Vec<u8>,
    /// Whether it has no end: whoever wrote it did not finish.
    pub unfinished: bool,
}

impl Log {
    /// Opens a log and locks it. A new one is for its owner only.
    ///
    /// # Errors
    /// It cannot be opened, is no regular file, or stays locked.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let start = Instant::now();
        loop {
            let mut options = File::options();
            options.read(true).append(true);
            let file = match options.open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match options.create_new(true).mode(0o600).open(path) {
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                        new => new.inspect(|_| sync_directory(parent(path)))?,
                    }
                }
                old => old?,
            };
            let ours = file.metadata()?;
            if !ours.is_file() {
                return Err(io::Error::other("is no regular file"));
            }
            lock(&file, start)?;
            // Another file may have been put in its place meanwhile, to start a new log.
            if fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())) {
                return Ok(Log { file });
            }
        }
    }

    /// The last line.
    ///
    /// # Errors
    /// It cannot be read, or is longer than any line of a log.
    pub(super) fn last_line(&self) -> io::Result<LastLine> {
        use std::os::unix::fs::FileExt as _;
        let length = self.file.metadata()?.len();
        let mut window = 4096;
        loop {
            let size = length.min(window);
            let mut end = vec![0; usize::try_from(size).expect("impossible: no window is larger than a line")];
            self.file.read_exact_at(&mut end, length - size)?;
            let unfinished = end.last().is_some_and(|last| *last != b'\n');
            let line = end.strip_suffix(b"\n").unwrap_or(&end);
            match memchr::memrchr(b'\n', line) {
                Some(before) => return Ok(LastLine { line: line[before + 1..].to_vec(), unfinished }),
                None if size == length => return Ok(LastLine { line: line.to_vec(), unfinished }),
                None if window > LOG_LINE => return Err(io::Error::other("has a line that is too long")),
                None => window *= 4,
            }
        }
    }

    /// Adds to the end, and waits until it is on the disk.
    ///
    /// # Errors
    /// It cannot be written. A part of it may be in the file.
    pub(super) fn append(&mut self, data: &[u8]) -> io::Result<()> {
        self.file.write_all(data)?;
        self.file.sync_data()
    }
}

/// Locks a file against other processes that lock it. The system unlocks it when it is closed.
fn lock(file: &File, start: Instant) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) if start.elapsed() < LOG_PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(io::Error::other("is locked by another process")),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Puts the names in a directory on the disk. That they are not there yet is no failure of ours.
fn sync_directory(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

/// Gives a file the owner and the mode of the one that it replaces, as far as the system lets us.
fn keep_owner_and_mode(file: &NamedTempFile, old: &fs::Metadata) -> io::Result<()> {
    let file = file.as_file();
    let mut new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        let (uid, gid) = (rustix::fs::Uid::from_raw(old.uid()), rustix::fs::Gid::from_raw(old.gid()));
        // Only root may give files away, but anybody may share one with a group of theirs.
        let _ = rustix::fs::fchown(file, Some(uid), Some(gid)).or_else(|_| rustix::fs::fchown(file, None, Some(gid)));
        new = file.metadata()?;
    }
    let mode = kept_mode(old.mode(), new.uid() == old.uid(), new.gid() == old.gid());
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// The mode of a file that takes the place of one with the mode `old`. What was granted to one
/// group is not granted to another, nor is the right to act as somebody.
fn kept_mode(old: u32, same_owner: bool, same_group: bool) -> u32 {
    let granted = if same_group { old } else { old & !0o070 };
    granted & if same_owner && same_group { 0o7777 } else { 0o1777 }
}

/// Whether there is something at a path that is neither a file nor a directory, so that nothing
/// can be put in its place.
#[must_use]
pub(super) fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// The path behind symbolic links, the last of which may lead to nothing.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many as the system itself would follow.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(link) => path = parent(&path).join(link),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The directory that a path is in.
#[must_use]
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// How many other names a file has; they keep the old contents when it is replaced.
#[must_use]
pub(super) fn other_names(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| if metadata.is_file() { metadata.nlink().saturating_sub(1) } else { 0 })
}

/// Makes a directory and those above it, for the owner only.
///
/// # Errors
/// It cannot be made.
pub(super) fn create_private_dir(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let result = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    result.map_err(|error| FileError::Write(path.to_owned(), error))
}

/// Removes a file.
///
/// # Errors
/// It cannot be removed.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    fs::remove_file(path).map_err(|error| FileError::Write(path.to_owned(), error))
}

/// Where a plaintext may be, the best first.
pub(super) fn private_places(env: &Env) -> Vec<PathBuf> {
    let runtime = env.path(env::XDG_RUNTIME_DIR);
    let in_memory = runtime.into_iter().chain([PathBuf::from("/dev/shm")]).filter(|place| is_in_memory(place));
    in_memory.chain([env.temp_dir()]).collect()
}

/// The same where somebody else is to read it, who cannot enter a place that is ours alone.
pub(super) fn shared_places(env: &Env) -> Vec<PathBuf> {
    let memory = Some(PathBuf::from("/dev/shm")).filter(|place| is_in_memory(place));
    memory.into_iter().chain([env.temp_dir()]).collect()
}

/// A file with a plaintext, or a FIFO that it is read from, in a directory of its own, which only
/// the owner can enter. Both are gone when it is dropped.
pub(super) struct PrivateFile {
    directory: TempDir,
    path: PathBuf,
    /// Who is to read it, as user and group; none for ourselves.
    reader: Option<(u32, u32)>,
}

/// What is put into the directory of a [`PrivateFile`].
#[derive(Clone, Copy)]
pub(super) enum Private<'a> {
    /// A file with this text.
    Text(&'a [u8]),
    /// A FIFO.
    Fifo,
}

impl PrivateFile {
    /// Writes a file with this name into a new directory in the first of the places that will do.
    ///
    /// # Errors
    /// None of them does.
    pub(super) fn new(places: &[PathBuf], name: &OsStr, data: &[u8]) -> Result<Self, FileError> {
        Self::with(places, name, Private::Text(data), None)
    }

    /// The same for a file or a FIFO that is to be read by somebody else, given as user and group.
    /// The directory stays ours, so that nothing can be put in the place of what we made.
    ///
    /// # Errors
    /// None of the places will do.
    pub(super) fn with(
        places: &[PathBuf],
        name: &OsStr,
        content: Private<'_>,
        reader: Option<(u32, u32)>,
    ) -> Result<Self, FileError> {
        let mode = if reader.is_some() { 0o711 } else { 0o700 };
        let mut failure = FileError::Missing(PathBuf::from("the temporary directory"));
        for place in places {
            let permissions = fs::Permissions::from_mode(mode);
            match Builder::new().prefix("cloze-").permissions(permissions).tempdir_in(place) {
                Ok(directory) => {
                    let path = directory.path().join(name);
                    let file = PrivateFile { directory, path, reader };
                    match file.put(content) {
                        Ok(()) => return Ok(file),
                        // It may be full. What was written there goes when the file is dropped.
                        Err(error) => failure = FileError::Write(file.path.clone(), error),
                    }
                }
                Err(error) => failure = FileError::Write(place.clone(), error),
            }
        }
        Err(failure)
    }

    fn put(&self, content: Private<'_>) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        match content {
            Private::Fifo => make_fifo(&self.path, self.reader),
            Private::Text(data) => {
                let mut file = File::options().write(true).create_new(true).mode(0o600).open(&self.path)?;
                file.write_all(data)?;
                give_to(&self.path, self.reader)
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it is in.
    #[must_use]
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The FIFO, to write to.
    #[must_use]
    pub(super) fn fifo(&self) -> Fifo {
        Fifo { path: self.path.clone(), reader: self.reader }
    }
}

/// A FIFO of a [`PrivateFile`].
pub(super) struct Fifo {
    path: PathBuf,
    reader: Option<(u32, u32)>,
}

impl Fifo {
    /// Waits for somebody to open it for reading, and returns the end to write to. Who opens the
    /// path from then on gets a FIFO of their own: two readers of one would share its bytes.
    ///
    /// # Errors
    /// It is gone.
    pub(super) fn accept(&self) -> io::Result<File> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".next");
        let next = self.path.with_file_name(name);
        if !next.exists() {
            make_fifo(&next, self.reader)?;
        }
        let end = File::options().write(true).open(&self.path)?;
        if !end.metadata()?.file_type().is_fifo() {
            return Err(io::Error::other("it was replaced"));
        }
        fs::rename(&next, &self.path)?;
        Ok(end)
    }

    /// Opens it for both without waiting, so that neither [`Fifo::accept`] nor a reader waits any
    /// longer.
    pub(super) fn wake(&self) -> Option<OwnedFd> {
        use rustix::fs::{Mode, OFlags};
        rustix::fs::open(&self.path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).ok()
    }
}

fn make_fifo(path: &Path, reader: Option<(u32, u32)>) -> io::Result<()> {
    use nix::sys::stat::Mode;
    nix::unistd::mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    give_to(path, reader)
}

fn give_to(path: &Path, reader: Option<(u32, u32)>) -> io::Result<()> {
    match reader {
        Some((uid, gid)) => std::os::unix::fs::lchown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        wipe(self.directory.path());
    }
}

/// Overwrites and removes what is in a directory of a [`PrivateFile`], then the directory. What an
/// editor left there beside the file goes as well. Errors are of no use to anybody here.
pub(super) fn wipe(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = overwrite(&entry.path());
        }
    }
    let _ = fs::remove_dir_all(directory);
}

/// Overwrites a file with zeros. Flash and copying file systems keep the old blocks all the same;
/// it costs nothing, and in memory it helps.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file).map(|_| ())
}

/// Whether a directory is in memory, so that what is written there never reaches a disk (but for
/// swapping).
#[must_use]
pub(super) fn is_in_memory(directory: &Path) -> bool {
    // tmpfs and ramfs.
    const MAGIC: [u32; 2] = [0x0102_1994, 0x8584_58f6];
    #[cfg(target_os = "linux")]
    {
        rustix::fs::statfs(directory).is_ok_and(|found| {
            // The type of the number differs between architectures; the magic fits into 32 bits.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::unnecessary_cast)]
            let magic = found.f_type as u32;
            MAGIC.contains(&magic)
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (directory, MAGIC);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").mode() & 0o777
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("lists").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn new_plaintext_is_for_the_owner_only() {
        let directory = TempDir::new().expect("makes");
        let (secret, sealed) = (directory.path().join("s"), directory.path().join("c"));
        write(&secret, b"x", Contents::Plaintext).expect("writes");
        write(&sealed, b"x", Contents::Ciphertext).expect("writes");
        assert_eq!(mode(&secret), 0o600);
        assert_eq!(mode(&sealed) & !0o644, 0);
        assert_ne!(mode(&sealed) & 0o400, 0);
    }

    #[test]
    fn an_existing_file_keeps_its_mode_and_gets_a_new_inode() {
        let directory = TempDir::new().expect("makes");
        let path = directory.path().join("f");
        for bits in [0o640, 0o444, 0o755] {
            write(&path, b"old", Contents::Plaintext).expect("writes");
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).expect("sets");
            let inode = fs::metadata(&path).expect("exists").ino();
            write(&path, b"new", Contents::Plaintext).expect("writes");
            assert_eq!((mode(&path), fs::read(&path).expect("reads")), (bits, b"new".to_vec()));
            assert_ne!(fs::metadata(&path).expect("exists").ino(), inode);
        }
        assert_eq!(names(directory.path()), ["f"]);
    }

    #[test]
    fn a_log_grows_and_knows_its_last_line() {
        let directory = TempDir::new().expect("makes");
        let path = directory.path().join("log");
        let last = |log: &Log| log.last_line().map(|last| (last.line.len(), last.unfinished)).expect("reads");
        let mut log = Log::open(&path).expect("makes");
        assert_eq!((mode(&path), last(&log)), (0o600, (0, false)));
        for (added, expected) in [
            (b"one\n".to_vec(), (3, false)),
            (b"\n".to_vec(), (0, false)),
            (b"hal".to_vec(), (3, true)),
            (b"f".to_vec(), (4, true)),
            (b"\n".to_vec(), (4, false)),
            ([vec![b'x'; 70_000], b"\n".to_vec()].concat(), (70_000, false)),
        ] {
            log.append(&added).expect("writes");
            assert_eq!(last(&log), expected);
        }
        log.append(&vec![b'x'; 6 << 20]).expect("writes");
        assert!(log.last_line().is_err(), "a line without end is not read");
        assert!(Log::open(Path::new("/dev/null")).is_err());
        assert!(Log::open(directory.path()).is_err());
    }

    #[test]
    fn a_log_is_for_one_at_a_time_and_follows_its_name() {
        let directory = TempDir::new().expect("makes");
        let path = directory.path().join("log");
        let first = Log::open(&path).expect("makes");
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Log::open(&path).and_then(|mut log| log.append(b"second\n"))
        });
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(fs::read(&path).expect("reads"), b"");
        // As one does who starts a new log.
        fs::rename(&path, directory.path().join("log.1")).expect("renames");
        drop(first);
        waiting.join().expect("ends").expect("writes");
        assert_eq!(fs::read(&path).expect("reads"), b"second\n");
        assert_eq!(fs::read(directory.path().join("log.1")).expect("reads"), b"");
    }

    #[test]
    fn rights_are_not_handed_to_others() {
        assert_eq!(kept_mode(0o6664, true, true), 0o6664);
        assert_eq!(kept_mode(0o6664, false, true), 0o664);
        assert_eq!(kept_mode(0o6664, true, false), 0o604);
        assert_eq!(kept_mode(0o100_660, false, false), 0o600);
    }

    #[test]
    fn links_are_followed_and_stay() {
        let directory = TempDir::new().expect("makes");
        let inner = directory.path().join("inner");
        fs::create_dir(&inner).expect("makes");
        let link = directory.path().join("link");
        symlink("inner/file", &link).expect("links");
        write(&link, b"one", Contents::Ciphertext).expect("writes through a dangling link");
        write(&link, b"two", Contents::Ciphertext).expect("writes through a link");
        assert_eq!(fs::read(inner.join("file")).expect("reads"), b"two");
        assert!(fs::symlink_metadata(&link).expect("exists").is_symlink());
        symlink("ring", directory.path().join("ring")).expect("links");
        assert!(write(&directory.path().join("ring"), b"", Contents::Ciphertext).is_err());
    }

    #[test]
    fn creating_follows_no_link() {
        let directory = TempDir::new().expect("makes");
        let (link, target) = (directory.path().join("link"), directory.path().join("target"));
        symlink(&target, &link).expect("links");
        assert!(matches!(create(&link, b"x", Contents::Ciphertext), Err(FileError::Exists(_))));
        assert!(!target.exists());
    }

    #[test]
    fn a_failed_write_leaves_everything_as_it_was() {
        let directory = TempDir::new().expect("makes");
        let path = directory.path().join("f");
        write(&path, b"old", Contents::Plaintext).expect("writes");
        assert!(matches!(create(&path, b"new", Contents::Plaintext), Err(FileError::Exists(_))));
        assert!(matches!(write(directory.path(), b"new", Contents::Plaintext), Err(FileError::Write(..))));
        let absent = directory.path().join("none/f");
        assert!(matches!(write(&absent, b"new", Contents::Plaintext), Err(FileError::Write(..))));
        assert_eq!((names(directory.path()), fs::read(&path).expect("reads")), (vec!["f".into()], b"old".to_vec()));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_an_error() {
        // Not a directory without write permission: root, who may run the tests, writes there too.
        let path = Path::new("/proc/self/cloze-test");
        assert!(matches!(write(path, b"x", Contents::Ciphertext), Err(FileError::Write(..))));
        if rustix::process::geteuid().is_root() {
            return;
        }
        let directory = TempDir::new().expect("makes");
        let path = directory.path().join("f");
        write(&path, b"old", Contents::Plaintext).expect("writes");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o500)).expect("sets");
        assert!(matches!(write(&path, b"new", Contents::Plaintext), Err(FileError::Write(..))));
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).expect("sets");
    }

    #[test]
    fn what_is_no_file_is_written_to_as_it_is() {
        write(Path::new("/dev/null"), b"x", Contents::Plaintext).expect("writes");
        assert!(fs::metadata("/dev/null").expect("exists").file_type().is_char_device());
        let directory = TempDir::new().expect("makes");
        let fifo = directory.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .expect("makes");
        let reader = std::thread::spawn({
            let fifo = fifo.clone();
            move || read(&fifo)
        });
        write(&fifo, b"through", Contents::Plaintext).expect("writes");
        assert_eq!(**reader.join().expect("ends").expect("reads"), *b"through");
        assert!(fs::metadata(&fifo).expect("exists").file_type().is_fifo());
    }

    #[test]
    fn reading_tells_what_is_wrong() {
        let directory = TempDir::new().expect("makes");
        assert!(matches!(read(directory.path()), Err(FileError::Directory(_))));
        assert!(matches!(read(&directory.path().join("x")), Err(FileError::Missing(_))));
        let large = directory.path().join("large");
        File::create(&large).and_then(|file| file.set_len(LIMIT as u64 + 1)).expect("makes a sparse file");
        assert!(matches!(read(&large), Err(FileError::TooLarge(_))));
    }

    #[test]
    fn reading_is_exact_across_buffer_sizes() {
        for length in [0, 1, 8192, 8193, 8194, 40_000] {
            let data = vec![7; length];
            assert_eq!(read_to_end(&data[..], 0, LIMIT).expect("reads").map(|read| read.len()), Some(length));
            assert_eq!(read_to_end(&data[..], length, LIMIT).expect("reads").map(|read| read.len()), Some(length));
        }
        assert!(read_to_end(&[0; 100][..], 0, 99).expect("reads").is_none());
        assert!(read_to_end(&[0; 100][..], 0, 100).expect("reads").is_some());
    }

    #[test]
    fn a_private_file_is_private_and_goes() {
        let place = TempDir::new().expect("makes");
        let places = [PathBuf::from("/nonexistent/place"), place.path().to_owned()];
        let file = PrivateFile::new(&places, "a.yaml".as_ref(), b"x").expect("makes");
        let (path, directory) = (file.path().to_owned(), file.directory().to_owned());
        assert_eq!((mode(&path), mode(&directory)), (0o600, 0o700));
        assert_eq!(path.file_name(), Some("a.yaml".as_ref()));
        fs::write(directory.join("a.yaml~"), b"backup").expect("an editor leaves a copy");
        drop(file);
        assert!(!directory.exists());
    }
}
