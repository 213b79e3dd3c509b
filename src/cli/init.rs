//! `init`: an age key at the place where cloze and SOPS look for it, and a `.sops.yaml` to start
//! with. Changes nothing that exists.

use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use zeroize::Zeroizing;

use super::argv::Name;
use super::config::{self, RULES};
use super::error::CommandError;
use super::files::{self, Contents};
use super::prompt::Terminal;
use super::{Run, args, env, identities, now};
use crate::recipient::age::{parse_recipient, recipients_of};
use crate::recipient::parse::parse_one;
use crate::recipient::{Kind, Recipient};
use crate::rules::{RECIPIENT_FIELDS, Rules, Strictness};

/// What the user wants.
struct Answers {
    recipients: Vec<Recipient>,
    kubernetes: bool,
}

/// Runs the command.
pub(super) fn run(args: &args::Init, run: &Run) -> Result<(), CommandError> {
    let rules = PathBuf::from(RULES);
    if rules.exists() {
        return Err(CommandError::usage("exists already, and is left as it is")
            .about(&rules)
            .hint("`cloze encrypt --in-place FILE` encrypts a file for the recipients in it"));
    }
    if !args.yes && !run.ui.can_ask() {
        return Err(CommandError::usage("there is no terminal to ask on")
            .hint("--yes goes on without questions; --recipient and --kubernetes answer them"));
    }
    let mut answers = Answers { recipients: named(args, run)?, kubernetes: args.kubernetes };
    if !args.yes {
        ask(&mut answers, run)?;
    }
    if args.no_own_key && answers.recipients.is_empty() {
        return Err(CommandError::usage("nobody could open a file: --no-own-key needs other recipients")
            .hint("--recipient and the flags of each kind name them"));
    }
    let own = if args.no_own_key { None } else { Some(own_key(run)?) };
    if let Some(own) = &own {
        let recipient = Recipient::age(&own.recipient);
        answers.recipients.retain(|known| *known != recipient);
        answers.recipients.insert(0, recipient);
    }
    let text = rules_text(&answers);
    debug_assert!(Rules::parse(&text, Strictness::Cloze).is_ok(), "what we write is what we read");
    files::create(&rules, text.as_bytes(), Contents::Ciphertext).map_err(CommandError::file)?;

    if let Some(OwnKey { path, recipient, is_new }) = own {
        let path = path.display();
        run.ui.say(&if is_new {
            format!(
                "made the key {recipient} in `{path}`: keep a copy of that file in a safe place, and never commit it"
            )
        } else {
            format!("use the key {recipient} of `{path}`")
        });
    }
    run.ui.say(&format!("wrote `{RULES}`: commit it; it says who can decrypt new files"));
    run.ui.say("");
    let name = Name::Cloze.text();
    run.ui.say(&format!(
        "next: `{name} encrypt --in-place FILE` encrypts a file, `{name} edit FILE` changes or creates one"
    ));
    Ok(())
}

/// The recipients that flags name, each once.
fn named(args: &args::Init, run: &Run) -> Result<Vec<Recipient>, CommandError> {
    let mut named = checked(&args.recipient.join(","))?;
    for recipient in config::recipients(&args.named(), |_| None, run)? {
        if !named.contains(&recipient) {
            named.push(recipient);
        }
    }
    Ok(named)
}

/// Recipients of any kind in a list with commas.
fn checked(list: &str) -> Result<Vec<Recipient>, CommandError> {
    let mut checked: Vec<Recipient> = Vec::new();
    for text in list.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let wrong = |reason: &str, is_secret: bool| {
            let shown = if is_secret { String::new() } else { format!("`{text}`: ") };
            CommandError::usage(format!("{shown}{reason}"))
        };
        let kind = kind_of(text);
        if kind == Kind::Age {
            parse_recipient(text).map_err(|reason| wrong(&reason, text.starts_with("AGE-")))?;
        }
        let recipient = parse_one(kind, text).map_err(|error| wrong(&error.message, error.secret))?;
        if !checked.contains(&recipient) {
            checked.push(recipient);
        }
    }
    Ok(checked)
}

/// The kind of a recipient by what it looks like.
fn kind_of(text: &str) -> Kind {
    let digits = text.trim_end_matches('!').trim_start_matches("0x");
    let is_fingerprint = digits.len() >= 40 && digits.bytes().all(|digit| digit.is_ascii_hexdigit() || digit == b' ');
    let is_url = text.starts_with("https://") || text.starts_with("http://");
    let is_region = |(region, _): (&str, &str)| region.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    match text {
        _ if is_fingerprint => Kind::Pgp,
        _ if text.starts_with("arn:") => Kind::Kms,
        _ if text.starts_with("projects/") => Kind::GcpKms,
        _ if is_url && text.contains("/v1/") => Kind::HcVault,
        _ if is_url => Kind::AzureKv,
        _ if !text.starts_with("ssh-") && text.split_once(':').is_some_and(is_region) => Kind::Hckms,
        _ => Kind::Age,
    }
}

/// Asks what no flag said.
fn ask(answers: &mut Answers, run: &Run) -> Result<(), CommandError> {
    while answers.recipients.is_empty() {
        let question = "recipients beside yourself, comma-separated: age, PGP or cloud keys (Enter for none)";
        match checked(&run.ui.ask_text(question)?) {
            Ok(recipients) => {
                answers.recipients = recipients;
                break;
            }
            Err(error) => run.ui.error(&error),
        }
    }
    if !answers.kubernetes {
        answers.kubernetes =
            run.ui.ask_yes("Only for Kubernetes manifests (encrypt `data` and `stringData`)?", false)?;
    }
    Ok(())
}

/// The user's own key.
struct OwnKey {
    path: PathBuf,
    /// Its public half.
    recipient: String,
    /// Whether it was made now.
    is_new: bool,
}

/// The user's own key, made if there is none.
fn own_key(run: &Run) -> Result<OwnKey, CommandError> {
    let path = run.env.path(env::SOPS_AGE_KEY_FILE).or_else(|| identities::standard_key_file(&run.env));
    let path =
        path.ok_or_else(|| CommandError::usage("neither HOME nor SOPS_AGE_KEY_FILE says where the key belongs"))?;
    if path.exists() {
        let recipient = existing(&path, run)?;
        return Ok(OwnKey { path, recipient, is_new: false });
    }
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    files::create_private_dir(files::parent(&path)).map_err(CommandError::file)?;
    let text = key_text(&identity, &recipient);
    files::create(&path, text.as_bytes(), Contents::Plaintext).map_err(CommandError::file)?;
    Ok(OwnKey { path, recipient, is_new: true })
}

/// The recipient of the first identity in a file that tells it.
fn existing(path: &Path, run: &Run) -> Result<String, CommandError> {
    let bytes = files::read(path).map_err(CommandError::file)?;
    let place = format!("`{}`", path.display());
    let recipients = recipients_of(&place, &bytes, &Terminal::new(&run.env))
        .map_err(|reason| CommandError::usage(reason).about(path))?;
    recipients
        .into_iter()
        .next()
        .ok_or_else(|| CommandError::usage("holds no identity that tells its recipient").about(path))
}

/// An identity file as age-keygen writes it.
fn key_text(identity: &Identity, recipient: &str) -> Zeroizing<String> {
    let secret = identity.to_string();
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str(&format!("# created: {}\n# public key: {recipient}\n", now()));
    text.push_str(secret.expose_secret());
    text.push('\n');
    text
}

/// The rules file for the answers.
fn rules_text(answers: &Answers) -> String {
    let mut text = String::from("# Who can decrypt new files, and what is encrypted in them.\ncreation_rules:\n");
    let mut lines: Vec<String> = Vec::new();
    if answers.kubernetes {
        text += "  # Kubernetes needs to see everything but the values of a Secret.\n";
        lines.extend(["path_regex: \\.ya?ml$".to_owned(), "encrypted_regex: ^(data|stringData)$".to_owned()]);
    }
    for (field, kind) in RECIPIENT_FIELDS {
        let mut of_kind = answers.recipients.iter().filter(|recipient| recipient.kind == kind).peekable();
        if of_kind.peek().is_some() {
            lines.push(format!("{field}:"));
            lines.extend(of_kind.map(|recipient| format!("  - {}", spelled(&recipient.to_string()))));
        }
    }
    for (number, line) in lines.iter().enumerate() {
        text += &format!("  {} {line}\n", if number == 0 { '-' } else { ' ' });
    }
    text
}

/// A text as a scalar of YAML.
fn spelled(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._+-=@ ".contains(&byte);
    let is_word = text.bytes().all(is_plain) && text.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_word && !text.contains(": ") { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::Nobody;

    const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";

    #[test]
    fn the_rules_are_what_was_asked_for() {
        for kubernetes in [false, true] {
            let text = rules_text(&Answers { recipients: vec![Recipient::age(RECIPIENT)], kubernetes });
            let rules = Rules::parse(&text, Strictness::Cloze).expect("is a configuration");
            let rule = rules.find("a/b.yaml").expect("matches").expect("has rules");
            assert_eq!(rule.groups[0][0].to_string(), RECIPIENT);
            assert_eq!(
                rule.selector.as_ref().map(|selector| selector.field()),
                kubernetes.then_some("encrypted_regex")
            );
            assert_eq!(rules.find("a.json").is_err(), kubernetes);
        }
    }

    #[test]
    fn the_key_file_is_one_of_age() {
        let identity = Identity::generate();
        let recipient = identity.to_public().to_string();
        let text = key_text(&identity, &recipient);
        let found = recipients_of("test", text.as_bytes(), &Nobody).expect("is an identity file");
        assert_eq!(found, [recipient.as_str()]);
        assert!(
            text.starts_with("# created: 20")
                && text.contains(&format!("\n# public key: {recipient}\nAGE-SECRET-KEY-1"))
        );
    }

    #[test]
    fn recipients_are_checked_and_secrets_not_repeated() {
        let found = checked(&format!("{RECIPIENT}, ,{RECIPIENT}"));
        assert_eq!(found, Ok(vec![Recipient::age(RECIPIENT)]));
        assert!(checked("age1x").expect_err("is none").to_string().contains("`age1x`"));
        assert!(
            checked("arn:aws:s3:::x").expect_err("is none").to_string().contains("`arn:aws:s3:::x`: an AWS KMS key")
        );
        let error = checked("AGE-SECRET-KEY-1SECRET").expect_err("is none").to_string();
        assert!(!error.contains("1SECRET"), "{error}");
    }

    #[test]
    fn every_kind_is_known_by_its_looks_and_comes_back_from_the_rules() {
        let all = [
            (Kind::Age, RECIPIENT),
            (Kind::Age, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN me: x"),
            (Kind::Pgp, "85D77543B3D624B63CEA9E6DBC17301B491B3F21"),
            (Kind::Pgp, "1234567890123456789012345678901234567890"),
            (Kind::Kms, "arn:aws:kms:eu-west-1:111122223333:key/0a1b+arn:aws:iam::111122223333:role/deploy"),
            (Kind::GcpKms, "projects/p/locations/global/keyRings/r/cryptoKeys/k"),
            (Kind::Hckms, "tr-west-1:9f86d081-884c-4d63-a1b4-27c8e0a5c2f1"),
            (Kind::AzureKv, "https://unit.vault.azure.net/keys/data/0123"),
            (Kind::HcVault, "https://vault.example:8200/v1/team/of two's/keys/config"),
        ];
        all.iter().for_each(|(kind, text)| assert_eq!(kind_of(text), *kind, "{text}"));
        let texts: Vec<&str> = all.iter().map(|(_, text)| *text).collect();
        let recipients = checked(&texts.join(",")).expect("are recipients");
        for kubernetes in [false, true] {
            let text = rules_text(&Answers { recipients: recipients.clone(), kubernetes });
            let rules = Rules::parse(&text, Strictness::Cloze).unwrap_or_else(|error| panic!("{error} in {text}"));
            let rule = rules.find("a.yaml").expect("matches").expect("has rules");
            assert_eq!(rule.groups, std::slice::from_ref(&recipients), "{text}");
        }
    }
}
