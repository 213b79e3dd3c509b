//! The command line as data. Doc comments are the help texts; completions and man pages are made
//! from here too. What SOPS spells differently is brought into this form by [`super::argv`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use super::config::Named;
use crate::recipient::Kind;

const ABOUT: &str = "Encrypts the values inside configuration files so that they can live in git";

const LEGACY: &str = "\
The command line of SOPS works as well: `cloze FILE` edits, `cloze -d FILE` decrypts,
`cloze -e FILE` encrypts. Called by the name `sops`, cloze behaves like SOPS where they differ.
A file that is called like a command is reached as `./NAME`.

Exit codes: 0 success, 1 any other error, 2 unreadable input, 3 unwritable output, 4 not expressible
in the output format, 6 a malformed encryption context, 7 a path or value that cannot be set,
8 conflicting flags, 23 a value cannot be encrypted, 25 a value cannot be decrypted, 49 keys added
to or removed from no file, 51 the MAC does not fit, 91 malformed --extract path, 92 empty input,
100 no such file, 112 doubled --decryption-order, 128 no recipient could recover the data key,
200 edit without change, 201 the editor failed, 203 already encrypted. exec, exec-env and exec-file
end as the command that they run: 126 if it cannot be run, 127 if there is none.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "cloze", about = ABOUT, after_help = LEGACY, args_override_self = true, disable_version_flag = true)]
pub(super) struct Cli {
    /// Print the version
    #[arg(short = 'v', long)]
    pub version: bool,
    /// Accepted for SOPS: cloze never looks for newer versions
    #[arg(long, hide = true)]
    pub disable_version_check: bool,
    /// Accepted for SOPS: cloze never looks for newer versions
    #[arg(long, hide = true)]
    pub check_for_updates: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands. Each is filled in when it is come to: all the flags of all of them would be a good part of starting.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    Encrypt(Encrypt),
    Decrypt(Decrypt),
    Edit(Edit),
    Set(Set),
    Unset(Unset),
    Rotate(Box<Rotate>),
    #[command(name = "updatekeys")]
    UpdateKeys(UpdateKeys),
    #[command(subcommand)]
    Groups(Groups),
    #[command(name = "filestatus")]
    FileStatus(FileStatus),
    Exec(Exec),
    #[command(name = "exec-env")]
    ExecEnv(ExecEnv),
    #[command(name = "exec-file")]
    ExecFile(ExecFile),
    Publish(Publish),
    Keyservice(Serve),
    #[command(subcommand)]
    Audit(Audit),
    Completion(Completion),
    Init(Init),
}

/// Encrypt the values of a file
///
/// Who can decrypt it, and which values are encrypted, is taken from the creation rules in
/// `.sops.yaml`, or from flags. Everything but the values stays as it is, byte for byte.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze encrypt --in-place secrets.yaml")]
pub(super) struct Encrypt {
    /// The file to encrypt; standard input without it (then --filename-override is needed)
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub filename: FilenameOverride,
    #[command(flatten)]
    pub recipients: Recipients,
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Decrypt a file
///
/// Nothing is printed or written before every value was decrypted and the MAC was checked.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cloze decrypt secrets.yaml\n  cloze decrypt --extract 'db.users[0].password' secrets.yaml"
)]
pub(super) struct Decrypt {
    /// The file to decrypt; standard input without it
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    /// Print only what stands at this path: `["db"]["users"][0]`, or `db.users[0]`
    #[arg(long, value_name = "PATH")]
    pub extract: Option<String>,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub filename: FilenameOverride,
    #[command(flatten)]
    pub opening: Opening,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Edit an encrypted file in your editor
///
/// The plaintext is in a private place, in memory where the system has one, and gone afterwards.
/// Values that did not change keep their ciphertext. If the edit cannot be finished, its text is
/// kept encrypted, and --resume continues it. A file that does not exist is created.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  EDITOR='code --wait' cloze edit secrets.yaml")]
pub(super) struct Edit {
    /// The file to edit
    pub file: Option<PathBuf>,
    /// Continue an edit that could not be finished
    #[arg(long)]
    pub resume: bool,
    /// Not supported: the edited metadata could not be taken over
    #[arg(short = 's', long, hide = true)]
    pub show_master_keys: bool,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub opening: Opening,
    #[command(flatten)]
    pub recipients: Recipients,
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Set one value of an encrypted file
///
/// Only the ciphertext of this value, the MAC and the date change in the file. Maps and lists that
/// are missing on the way are made; the index behind the last element of a list appends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cloze set secrets.yaml 'db.users[0].password' '\"secret\"'\n  \
    pass show db | cloze set --value-stdin --string secrets.yaml 'db.users[0].password'")]
pub(super) struct Set {
    /// The file to change
    pub file: Option<PathBuf>,
    /// Where the value is: `["db"]["users"][0]`, or `db.users[0]`
    pub path: Option<String>,
    /// The new value as JSON; others can see it in the list of processes
    pub value: Option<OsString>,
    /// Take VALUE for the name of a file with the value
    #[arg(long)]
    pub value_file: bool,
    /// Read the value from standard input
    #[arg(long)]
    pub value_stdin: bool,
    /// The value is a string as it stands, not JSON
    #[arg(long)]
    pub string: bool,
    /// Leave the file alone if it holds the value already
    #[arg(long)]
    pub idempotent: bool,
    /// Accepted for SOPS: it has no effect there either
    #[arg(long, value_name = "N", hide = true)]
    pub shamir_secret_sharing_threshold: Option<usize>,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub opening: Opening,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Take one value out of an encrypted file
///
/// It goes with its line and the comment on that line. Apart from that, only the MAC and the date
/// change in the file.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze unset secrets.yaml 'db.users[0]'")]
pub(super) struct Unset {
    /// The file to change
    pub file: Option<PathBuf>,
    /// What is to go: `["db"]["users"][0]`, or `db.users[0]`
    pub path: Option<String>,
    /// It is no error if there is nothing at the path
    #[arg(long)]
    pub idempotent: bool,
    /// Accepted for SOPS: it has no effect there either
    #[arg(long, value_name = "N", hide = true)]
    pub shamir_secret_sharing_threshold: Option<usize>,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub opening: Opening,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Give a file a new data key, and other recipients
///
/// Every value is encrypted anew; everything else stays as it is. Without flags the recipients
/// stay. What a removed recipient could read is listed: change those secrets, too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze rotate --in-place --rm-age age1… --add-age age1… secrets.yaml")]
pub(super) struct Rotate {
    /// The file
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    /// age recipients to add, comma-separated
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_age: Vec<String>,
    /// age recipients to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_age: Vec<String>,
    /// PGP fingerprints to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_pgp: Vec<String>,
    /// PGP fingerprints to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_pgp: Vec<String>,
    /// AWS KMS keys to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_kms: Vec<String>,
    /// AWS KMS keys to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_kms: Vec<String>,
    /// Google Cloud KMS keys to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_gcp_kms: Vec<String>,
    /// Google Cloud KMS keys to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_gcp_kms: Vec<String>,
    /// Huawei Cloud KMS keys to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_hckms: Vec<String>,
    /// Huawei Cloud KMS keys to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_hckms: Vec<String>,
    /// Azure Key Vault keys to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_azure_kv: Vec<String>,
    /// Azure Key Vault keys to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_azure_kv: Vec<String>,
    /// Vault transit keys to add
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub add_hc_vault_transit: Vec<String>,
    /// Vault transit keys to remove
    #[arg(long, value_name = "LIST", help_heading = "Recipients")]
    pub rm_hc_vault_transit: Vec<String>,
    /// Encryption context for AWS KMS keys
    #[arg(long, value_name = "KEY:VALUE,…", help_heading = "Recipients")]
    pub encryption_context: Option<String>,
    /// Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault
    /// [env: SOPS_DECRYPTION_ORDER]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub filename: FilenameOverride,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

impl Rotate {
    /// The recipients to add, by the flags that name them.
    pub(super) fn added(&self) -> [Named<'_>; 7] {
        [
            (Kind::Kms, "--add-kms", &self.add_kms),
            (Kind::GcpKms, "--add-gcp-kms", &self.add_gcp_kms),
            (Kind::Hckms, "--add-hckms", &self.add_hckms),
            (Kind::AzureKv, "--add-azure-kv", &self.add_azure_kv),
            (Kind::Pgp, "--add-pgp", &self.add_pgp),
            (Kind::HcVault, "--add-hc-vault-transit", &self.add_hc_vault_transit),
            (Kind::Age, "--add-age", &self.add_age),
        ]
    }

    /// The recipients to remove, likewise.
    pub(super) fn removed(&self) -> [Named<'_>; 7] {
        [
            (Kind::Kms, "--rm-kms", &self.rm_kms),
            (Kind::GcpKms, "--rm-gcp-kms", &self.rm_gcp_kms),
            (Kind::Hckms, "--rm-hckms", &self.rm_hckms),
            (Kind::AzureKv, "--rm-azure-kv", &self.rm_azure_kv),
            (Kind::Pgp, "--rm-pgp", &self.rm_pgp),
            (Kind::HcVault, "--rm-hc-vault-transit", &self.rm_hc_vault_transit),
            (Kind::Age, "--rm-age", &self.rm_age),
        ]
    }
}

/// Bring encrypted files to the recipients of their creation rules
///
/// Shows the difference for each file, asks once, and writes when all files were checked. Where
/// nobody loses anything, only the keys of new recipients change in a file. Where somebody does, it
/// gets a new data key, and what a removed recipient could read is listed: change those secrets,
/// too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cloze updatekeys secrets.yaml other.json\n  cloze updatekeys --yes .")]
pub(super) struct UpdateKeys {
    /// Files; of a directory, all encrypted files below it
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Only show what would change; exit code 1 if anything would. Needs no key
    #[arg(long)]
    pub check: bool,
    /// Keep the data key also where somebody loses something, as SOPS does
    #[arg(long)]
    pub keep_data_key: bool,
    /// The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the
    /// file names say
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<String>,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Add or delete a key group of an encrypted file
#[derive(Debug, Subcommand)]
#[command(defer = true, after_help = "Example:\n  cloze groups add --in-place --file secrets.yaml --age age1…,age1…")]
pub(super) enum Groups {
    Add(Box<GroupsAdd>),
    Delete(Box<GroupsDelete>),
}

/// Add a key group
///
/// With two groups and more, so many as the threshold says must come together to open the file; all
/// of them, if nothing else was said.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze groups add --in-place --file secrets.yaml --age age1…,age1…")]
pub(super) struct GroupsAdd {
    #[command(flatten)]
    pub group: Group,
    #[command(flatten)]
    pub recipients: Recipients,
}

/// Delete a key group
///
/// As many groups must be left as are needed to open the file.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze groups delete --in-place --file secrets.yaml 1")]
pub(super) struct GroupsDelete {
    /// The number of the group, from 0
    #[arg(value_name = "INDEX")]
    pub index: Vec<String>,
    #[command(flatten)]
    pub group: Group,
    /// How many key groups are needed to open the file
    #[arg(long, value_name = "N")]
    pub shamir_secret_sharing_threshold: Option<usize>,
}

/// What both commands on key groups take.
#[derive(Debug, Args)]
pub(super) struct Group {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    /// Keep the data key also where somebody loses something, as SOPS does
    #[arg(long)]
    pub keep_data_key: bool,
    /// The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the
    /// file name says
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<String>,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Say whether a file is encrypted
///
/// Prints `{"encrypted":true}` or `{"encrypted":false}`, and needs no key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze filestatus secrets.yaml")]
pub(super) struct FileStatus {
    /// The file
    pub file: Option<PathBuf>,
    /// The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the
    /// file name says
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<String>,
    #[command(flatten)]
    pub general: General,
}

/// Check the records of who opened what
#[derive(Debug, Subcommand)]
#[command(defer = true, after_help = "Example:\n  cloze audit verify /var/log/cloze.jsonl")]
pub(super) enum Audit {
    Verify(AuditVerify),
}

/// Check that no record of an audit log was changed or taken out
///
/// Each line of such a log holds the SHA-256 of the line before. Prints how many records there are,
/// and the hash of the last line. Who notes that hash elsewhere can see later, with --holds, that
/// the end was not cut off or made anew.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze audit verify /var/log/cloze.jsonl")]
pub(super) struct AuditVerify {
    /// The log
    pub file: Option<PathBuf>,
    /// The hash of the last line as it was noted earlier; it must be in the log
    #[arg(long, value_name = "HASH")]
    pub holds: Option<String>,
    /// Say more on standard error
    #[arg(long)]
    pub verbose: bool,
}

/// Run a command with decrypted values in its environment
///
/// The values of all files become environment variables; where two files have the same name, the
/// later one wins. The command is run without a shell, in the place of this process, so that its
/// exit code, signals and terminal are its own. Nothing secret is in its arguments.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze exec --file common.env --file secrets.yaml -- npm start")]
pub(super) struct Exec {
    /// The command and its arguments
    #[arg(value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// An encrypted file; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub running: Running,
}

/// Run a shell command with the values of a file in its environment
///
/// The command is one argument, for /bin/sh, which takes the place of this process. `exec` runs
/// commands without a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze exec-env secrets.yaml 'docker compose up -d'")]
pub(super) struct ExecEnv {
    /// The encrypted file, and the command line
    #[arg(value_name = "FILE COMMAND")]
    pub operands: Vec<OsString>,
    #[command(flatten)]
    pub variables: Variables,
    #[command(flatten)]
    pub running: Running,
    /// Do not wait for the command, which has no terminal and no output then
    #[arg(long)]
    pub background: bool,
    /// Accepted for SOPS: the command always takes the place of this process
    #[arg(long)]
    pub same_process: bool,
}

/// Run a shell command that reads the plaintext of a file
///
/// Each `{}` in the command is replaced by the path of a file with the plaintext. It is a FIFO,
/// which can be read from start to end any number of times, in a private place, in memory where
/// the system has one, and gone afterwards.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze exec-file kubeconfig.yaml 'kubectl --kubeconfig {} get pods'")]
pub(super) struct ExecFile {
    /// The encrypted file, and the command line
    #[arg(value_name = "FILE COMMAND")]
    pub operands: Vec<OsString>,
    /// Make it a regular file, for programs that seek in it
    #[arg(long)]
    pub no_fifo: bool,
    /// Its name, without directories [default: tmp-file]
    #[arg(long, value_name = "NAME")]
    pub filename: Option<PathBuf>,
    #[command(flatten)]
    pub types: Types,
    #[command(flatten)]
    pub running: Running,
    /// Not supported: the file has to be there as long as the command
    #[arg(long, hide = true)]
    pub background: bool,
}

/// What becomes of values that are environment variables.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Variables")]
pub(super) struct Variables {
    /// Take only the variable with this name; may be repeated
    #[arg(long, value_name = "KEY")]
    pub only: Vec<String>,
    /// Begin every name with this
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or
    /// the first key of it for everything inside
    #[arg(long)]
    pub nested: bool,
    /// Do not hand over the variables of this environment
    #[arg(long)]
    pub pristine: bool,
    /// The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the
    /// file name says
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<String>,
}

/// What all commands take that run others.
#[derive(Debug, Default, Args)]
pub(super) struct Running {
    /// Run the command as this user, with the groups of that user; only root can
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault
    /// [env: SOPS_DECRYPTION_ORDER]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Put encrypted files where programs fetch them
///
/// The destination rules of `.sops.yaml` say where: buckets of S3 and of Google Cloud Storage get the
/// encrypted file, and with a recreation rule for other recipients. A key-value engine of Vault gets
/// the decrypted values. Everything is shown, and asked about, before anything leaves this machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cloze publish secrets/prod.yaml\n  cloze publish --recursive --yes secrets")]
pub(super) struct Publish {
    /// The encrypted file; with --recursive, a directory of them
    pub path: Option<PathBuf>,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Publish all encrypted files below a directory, under their paths in it
    #[arg(long)]
    pub recursive: bool,
    /// Leave out the last extension of their names, as `omit_extensions` in a rule does
    #[arg(long)]
    pub omit_extensions: bool,
    /// Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault
    /// [env: SOPS_DECRYPTION_ORDER]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
    #[command(flatten)]
    pub services: KeyServices,
    #[command(flatten)]
    pub general: General,
}

/// Let other processes use the keys that this one can reach
///
/// Serves the protocol of SOPS until INT or TERM, for `--keyservice URI` of cloze and of SOPS on
/// another machine or as another user. The protocol knows neither encryption nor passwords: whoever
/// reaches the address can use the keys. A socket is for its owner only.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cloze keyservice --network unix --address /run/user/1000/keys.sock --prompt
  cloze decrypt --keyservice unix:///run/user/1000/keys.sock secrets.yaml")]
pub(super) struct Serve {
    /// Listen on the network, or on a socket of this machine
    #[arg(long, alias = "net", value_name = "NETWORK", default_value = "tcp", value_parser = ["tcp", "unix"])]
    pub network: String,
    /// The address to listen on: `HOST:PORT`, or the path of the socket [default for tcp:
    /// 127.0.0.1:5000]
    #[arg(long, alias = "addr", value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Ask on the terminal before each use of a key
    #[arg(long)]
    pub prompt: bool,
    /// Say where it listens, and what is done
    #[arg(long)]
    pub verbose: bool,
}

/// Print a script that completes commands in a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze completion bash > ~/.local/share/bash-completion/completions/cloze")]
pub(super) struct Completion {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Make an age key and a `.sops.yaml` to start with
///
/// The key is made only if there is none yet at the standard place. Existing files are never
/// changed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cloze init --recipient age1… --yes")]
pub(super) struct Init {
    /// A further recipient beside your own key, of any kind; may be repeated or hold a comma list
    #[arg(long, value_name = "LIST")]
    pub recipient: Vec<String>,
    /// PGP fingerprints, comma-separated
    #[arg(long, value_name = "LIST")]
    pub pgp: Vec<String>,
    /// AWS KMS keys, comma-separated
    #[arg(long, value_name = "LIST")]
    pub kms: Vec<String>,
    /// Google Cloud KMS keys, comma-separated
    #[arg(long, value_name = "LIST")]
    pub gcp_kms: Vec<String>,
    /// Huawei Cloud KMS keys, comma-separated
    #[arg(long, value_name = "LIST")]
    pub hckms: Vec<String>,
    /// Azure Key Vault keys, comma-separated
    #[arg(long, value_name = "LIST")]
    pub azure_kv: Vec<String>,
    /// Vault transit keys, comma-separated
    #[arg(long, value_name = "LIST")]
    pub hc_vault_transit: Vec<String>,
    /// Make no age key, and write rules for the others only
    #[arg(long)]
    pub no_own_key: bool,
    /// Encrypt only `data` and `stringData` of YAML files, as Kubernetes needs it
    #[arg(long)]
    pub kubernetes: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Say more on standard error
    #[arg(long)]
    pub verbose: bool,
}

/// Where the result goes.
#[derive(Debug, Default, Args)]
pub(super) struct Output {
    /// Write the result back into the file
    #[arg(short, long)]
    pub in_place: bool,
    /// Write the result into this file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The formats.
#[derive(Debug, Default, Args)]
pub(super) struct Types {
    /// The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the
    /// file name says
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<String>,
    /// The format of the output, likewise
    #[arg(long, value_name = "TYPE")]
    pub output_type: Option<String>,
}

/// A name in place of the file's own.
#[derive(Debug, Default, Args)]
pub(super) struct FilenameOverride {
    /// Take this file name for the choice of format and creation rule
    #[arg(long, value_name = "NAME")]
    pub filename_override: Option<PathBuf>,
}

/// How a file is opened.
#[derive(Debug, Default, Args)]
pub(super) struct Opening {
    /// Do not check the MAC, and leave comments that do not open as they are: the file may have been
    /// tampered with
    #[arg(long)]
    pub ignore_mac: bool,
    /// Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault
    /// [env: SOPS_DECRYPTION_ORDER]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
}

/// Who can open a new file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Recipients (instead of those of the creation rule)")]
pub(super) struct Recipients {
    /// age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]
    #[arg(short, long, value_name = "LIST")]
    pub age: Vec<String>,
    /// A file with age recipients, one in a line; may be repeated
    #[arg(long, value_name = "FILE")]
    pub age_recipients_file: Vec<PathBuf>,
    /// PGP fingerprints, comma-separated [env: SOPS_PGP_FP]
    #[arg(short, long, value_name = "LIST")]
    pub pgp: Vec<String>,
    /// AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]
    #[arg(short, long, value_name = "LIST")]
    pub kms: Vec<String>,
    /// Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]
    #[arg(long, value_name = "LIST")]
    pub gcp_kms: Vec<String>,
    /// Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]
    #[arg(long, value_name = "LIST")]
    pub hckms: Vec<String>,
    /// Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]
    #[arg(long, value_name = "LIST")]
    pub azure_kv: Vec<String>,
    /// Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]
    #[arg(long, value_name = "LIST")]
    pub hc_vault_transit: Vec<String>,
    /// How many key groups are needed to open the file
    #[arg(long, value_name = "N")]
    pub shamir_secret_sharing_threshold: Option<usize>,
    /// Encryption context for AWS KMS keys
    #[arg(long, value_name = "KEY:VALUE,…")]
    pub encryption_context: Option<String>,
}

impl Init {
    /// The recipients by the flags that name their kind.
    pub(super) fn named(&self) -> [Named<'_>; 6] {
        [
            (Kind::Pgp, "--pgp", &self.pgp),
            (Kind::Kms, "--kms", &self.kms),
            (Kind::GcpKms, "--gcp-kms", &self.gcp_kms),
            (Kind::Hckms, "--hckms", &self.hckms),
            (Kind::AzureKv, "--azure-kv", &self.azure_kv),
            (Kind::HcVault, "--hc-vault-transit", &self.hc_vault_transit),
        ]
    }
}

impl Recipients {
    /// The recipients by the flags that name them, in SOPS's order.
    pub(super) fn named(&self) -> [Named<'_>; 7] {
        [
            (Kind::Kms, "--kms", &self.kms),
            (Kind::GcpKms, "--gcp-kms", &self.gcp_kms),
            (Kind::Hckms, "--hckms", &self.hckms),
            (Kind::AzureKv, "--azure-kv", &self.azure_kv),
            (Kind::Pgp, "--pgp", &self.pgp),
            (Kind::HcVault, "--hc-vault-transit", &self.hc_vault_transit),
            (Kind::Age, "--age", &self.age),
        ]
    }
}

/// Which values are encrypted.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Selection (at most one)")]
pub(super) struct Selection {
    /// Encrypt all but what stands under a key with this end [default: _unencrypted]
    #[arg(long, value_name = "TEXT")]
    pub unencrypted_suffix: Option<String>,
    /// Encrypt only what stands under a key with this end
    #[arg(long, value_name = "TEXT")]
    pub encrypted_suffix: Option<String>,
    /// Encrypt all but what stands under a key that matches
    #[arg(long, value_name = "REGEX")]
    pub unencrypted_regex: Option<String>,
    /// Encrypt only what stands under a key that matches
    #[arg(long, value_name = "REGEX")]
    pub encrypted_regex: Option<String>,
    /// Encrypt all but what a matching comment stands above
    #[arg(long, value_name = "REGEX")]
    pub unencrypted_comment_regex: Option<String>,
    /// Encrypt only what a matching comment stands above
    #[arg(long, value_name = "REGEX")]
    pub encrypted_comment_regex: Option<String>,
    /// Let the MAC cover the encrypted values only
    #[arg(long)]
    pub mac_only_encrypted: bool,
    /// Go on when the selection leaves every value in clear
    #[arg(long)]
    pub allow_unmatched: bool,
    /// Do not carry the spelling of values that SOPS's format cannot hold; decrypting then gives
    /// the same values, not always the same bytes
    #[arg(long)]
    pub no_exact_spelling: bool,
}

/// What holds the keys.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Key services")]
pub(super) struct KeyServices {
    /// Use the keys that this process can reach (`=false` to switch off)
    /// [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub enable_local_keyservice: Option<bool>,
    /// A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what
    /// this process cannot do; may be repeated [env: SOPS_KEYSERVICE]
    #[arg(long, value_name = "URI")]
    pub keyservice: Vec<String>,
    /// How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub key_timeout: Option<String>,
    /// The AWS profile for AWS KMS keys
    #[arg(long, value_name = "NAME")]
    pub aws_profile: Option<String>,
}

/// Flags of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "General")]
pub(super) struct General {
    /// The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Spaces per level in what is written new; -1 is a tab
    #[arg(long, value_name = "N")]
    pub indent: Option<i32>,
    /// Say more on standard error
    #[arg(long)]
    pub verbose: bool,
    /// Accepted for SOPS: cloze never looks for newer versions
    #[arg(long, hide = true)]
    pub disable_version_check: bool,
}

/// The command line, for completions and man pages.
#[must_use]
pub fn command() -> clap::Command {
    named(Cli::command())
}

/// The command line, to read arguments with: what a command takes, and what is said about it, is not there before clap
/// comes to it.
pub(super) fn deferred() -> clap::Command {
    Cli::command()
}

/// A command whose commands say what they do.
fn named(command: clap::Command) -> clap::Command {
    let inner: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    inner.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |inner| {
            let mut filled = inner.clone();
            filled.build();
            match filled.get_about() {
                Some(about) => named(inner).about(about.clone()),
                None => named(inner),
            }
        })
    })
}
