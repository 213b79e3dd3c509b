//! `init`: an age key at the place where cloze and SOPS look for it, and a `.sops.yaml` to start
//! with. Changes nothing that exists.

use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use zeroize::Zeroizing;

use super::argv::Name;
use super::config::RULES;
use super::error::CommandError;
use super::files::{self, Contents};
use super::prompt::Terminal;
use super::{Run, args, env, identities, now};
use crate::recipient::age::{parse_recipient, recipients_of};
use crate::rules::{Rules, Strictness};

/// What the user wants.
struct Answers {
    recipients: Vec<String>,
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
    let mut answers = Answers { recipients: checked(&args.recipient)?, kubernetes: args.kubernetes };
    if !args.yes {
        ask(&mut answers, run)?;
    }
    let (key_file, own, made) = own_key(run)?;
    answers.recipients.retain(|recipient| *recipient != own);
    answers.recipients.insert(0, own.clone());
    let text = rules_text(&answers);
    debug_assert!(Rules::parse(&text, Strictness::Cloze).is_ok(), "what we write is what we read");
    files::create(&rules, text.as_bytes(), Contents::Ciphertext).map_err(CommandError::file)?;

    let key = key_file.display();
    run.ui.say(&if made {
        format!("made the key {own} in `{key}`: keep a copy of that file in a safe place, and never commit it")
    } else {
        format!("use the key {own} of `{key}`")
    });
    run.ui.say(&format!("wrote `{RULES}`: commit it; it says who can decrypt new files"));
    run.ui.say("");
    let name = Name::Cloze.text();
    run.ui.say(&format!(
        "next: `{name} encrypt --in-place FILE` encrypts a file, `{name} edit FILE` changes or creates one"
    ));
    Ok(())
}

/// Recipients that can be used.
fn checked(recipients: &[String]) -> Result<Vec<String>, CommandError> {
    let mut checked: Vec<String> = Vec::new();
    for recipient in recipients.iter().map(|recipient| recipient.trim()).filter(|recipient| !recipient.is_empty()) {
        if let Err(reason) = parse_recipient(recipient) {
            let secret = recipient.starts_with("AGE-");
            let shown = if secret { String::new() } else { format!("`{recipient}`: ") };
            return Err(CommandError::usage(format!("{shown}{reason}")));
        }
        if !checked.iter().any(|known| known == recipient) {
            checked.push(recipient.to_owned());
        }
    }
    Ok(checked)
}

/// Asks what no flag said.
fn ask(answers: &mut Answers, run: &Run) -> Result<(), CommandError> {
    while answers.recipients.is_empty() {
        let text = run.ui.ask_text("age recipients beside yourself, comma-separated (Enter for none)")?;
        match checked(&text.split(',').map(str::to_owned).collect::<Vec<_>>()) {
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

/// The user's own key: where it is, its public half, and whether it was made now.
fn own_key(run: &Run) -> Result<(PathBuf, String, bool), CommandError> {
    let path = run.env.path(env::SOPS_AGE_KEY_FILE).or_else(|| identities::standard_key_file(&run.env));
    let path =
        path.ok_or_else(|| CommandError::usage("neither HOME nor SOPS_AGE_KEY_FILE says where the key belongs"))?;
    if path.exists() {
        let recipient = existing(&path, run)?;
        return Ok((path, recipient, false));
    }
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    files::create_private_dir(files::parent(&path)).map_err(CommandError::file)?;
    let text = key_text(&identity, &recipient);
    files::create(&path, text.as_bytes(), Contents::Plaintext).map_err(CommandError::file)?;
    Ok((path, recipient, true))
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
    if answers.kubernetes {
        text += "  # Kubernetes needs to see everything but the values of a Secret.\n";
        text += "  - path_regex: \\.ya?ml$\n    encrypted_regex: ^(data|stringData)$\n    age:\n";
    } else {
        text += "  - age:\n";
    }
    for recipient in &answers.recipients {
        text += &format!("      - {recipient}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipient::Nobody;

    const RECIPIENT: &str = "age1t9t5fh32rc87a4wkplhhwtrh2x50ynta00934mwec96m68w5raes2w5e2p";

    #[test]
    fn the_rules_are_what_was_asked_for() {
        for kubernetes in [false, true] {
            let text = rules_text(&Answers { recipients: vec![RECIPIENT.into()], kubernetes });
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
        let recipients = |texts: &[&str]| checked(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(recipients(&[RECIPIENT, " ", RECIPIENT]), Ok(vec![RECIPIENT.to_owned()]));
        assert!(recipients(&["age1x"]).expect_err("is none").to_string().contains("`age1x`"));
        let error = recipients(&["AGE-SECRET-KEY-1SECRET"]).expect_err("is none").to_string();
        assert!(!error.contains("1SECRET"), "{error}");
    }
}
