//! Files that SOPS 3.2 to 3.13 encrypted, of many people (`../shared/corpus/sops-encrypted`): their
//! metadata is read as `metadata.tsv` says, which was made without SOPS and without us, and when the
//! metadata alone is written anew nothing else changes and nothing of it is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cloze::cipher::EncryptedValue;
use cloze::document::tree::Tree;
use cloze::document::{Content, Document, Editor, Format, Layout, Scalar, Span, Timestamp};
use cloze::envelope::Metadata;

use crate::harness::{Sandbox, require_corpus, require_sops};
use crate::leaves::{data, difference};

/// A file, and what the table says of it.
struct Case {
    name: String,
    format: Format,
    text: Vec<u8>,
    documents: usize,
    /// Version, time of the last change, keys by kind, options, sealed strings, whether there is a MAC.
    read: [String; 6],
}

fn cases(corpus: &Path) -> Vec<Case> {
    let folder = corpus.join("sops-encrypted");
    let table = fs::read_to_string(folder.join("metadata.tsv")).unwrap();
    let found: Vec<Case> = table.lines().skip(1).map(|line| case(&folder, line)).collect();
    assert!(found.len() >= 84, "only {} files", found.len());
    found
}

fn case(folder: &Path, line: &str) -> Case {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, format, documents, version, time, keys, groups, options, sealed, mac] = columns.try_into().unwrap();
    assert_eq!(groups, "0", "{name}: key groups are counted nowhere here");
    Case {
        name: name.to_owned(),
        format: Format::from_name(format).unwrap(),
        text: fs::read(folder.join(name)).unwrap(),
        documents: documents.parse().unwrap(),
        read: [version, time, keys, options, sealed, mac].map(str::to_owned),
    }
}

impl Case {
    fn parse<'t>(&self, text: &'t [u8]) -> Document<'t> {
        self.format.sealed().syntax().parse(text).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn metadata(&self, document: &Document<'_>, part: usize) -> Metadata {
        let block = document.parts[part].metadata.as_ref().unwrap_or_else(|| panic!("{}: no metadata", self.name));
        Metadata::read(&block.tree).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The file with its metadata written anew, after a change.
    fn rewritten(&self, change: impl Fn(&mut Metadata)) -> Vec<u8> {
        let document = self.parse(&self.text);
        let mut editor = Editor::new(&document, self.format.sealed().syntax());
        for part in 0..document.parts.len() {
            let mut metadata = self.metadata(&document, part);
            change(&mut metadata);
            editor.set_metadata(part, &metadata.write(), Layout::default()).unwrap();
        }
        editor.finish().unwrap()
    }

    /// The file without its metadata.
    fn stripped(&self, text: &[u8]) -> Vec<u8> {
        let document = self.parse(text);
        let mut editor = Editor::new(&document, self.format.sealed().syntax());
        (0..document.parts.len()).for_each(|part| editor.remove_metadata(part));
        editor.finish().unwrap()
    }
}

/// Keys by kind, as in the table: `age:1 pgp:2`.
fn keys(metadata: &Metadata) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for key in metadata.groups.iter().flatten() {
        *counts.entry(key.recipient.kind.list()).or_default() += 1;
    }
    counts.iter().map(|(kind, count)| format!("{kind}:{count}")).collect::<Vec<_>>().join(" ")
}

/// The options, as in the table: `encrypted_regex=^x$ mac_only_encrypted=true`.
fn options(metadata: &Metadata) -> String {
    let selector = metadata.selector.iter().map(|selector| format!("{}={}", selector.field(), selector.text()));
    let flag = metadata.mac_only_encrypted.then(|| "mac_only_encrypted=true".to_owned());
    selector.chain(flag).collect::<Vec<_>>().join(" ")
}

/// How many strings of a file are sealed, its MACs included.
fn sealed_strings(document: &Document<'_>) -> usize {
    let sealed = document.nodes.iter().filter(|node| match &node.content {
        Content::Leaf { value: Scalar::Text(text), .. } | Content::Comment { text } => EncryptedValue::is_sealed(text),
        _ => false,
    });
    sealed.count() + document.parts.len()
}

/// The texts of the leaves of a tree that say something.
fn said(tree: &Tree) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![tree]);
    while let Some(tree) = open.pop() {
        match tree {
            Tree::Leaf(Scalar::Null) => {}
            Tree::Leaf(scalar) => found.push(String::from_utf8(scalar.canonical().unwrap().into_owned()).unwrap()),
            Tree::List(items) => open.extend(items),
            Tree::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
        }
    }
    found.retain(|text| !text.is_empty());
    found.sort();
    found
}

/// Everything before the first and after the last of some spans.
fn around<'t>(text: &'t [u8], document: &Document<'_>) -> (&'t [u8], &'t [u8]) {
    let spans: Vec<Span> =
        document.parts.iter().flat_map(|part| &part.metadata.as_ref().unwrap().spans).copied().collect();
    let (first, last) = (spans.first().unwrap(), spans.last().unwrap());
    (&text[..first.start as usize], &text[last.end as usize..])
}

#[test]
fn the_metadata_of_real_files_is_read() {
    let Some(corpus) = require_corpus() else { return };
    for case in cases(&corpus) {
        let document = case.parse(&case.text);
        assert_eq!(document.parts.len(), case.documents, "{}", case.name);
        let metadata = case.metadata(&document, 0);
        let found = [
            metadata.version.clone(),
            metadata.last_modified.to_string(),
            keys(&metadata),
            options(&metadata),
            sealed_strings(&document).to_string(),
            if metadata.mac.is_empty() { "no" } else { "yes" }.to_owned(),
        ];
        assert_eq!(found, case.read, "{}", case.name);
        for part in 1..document.parts.len() {
            assert_eq!(keys(&case.metadata(&document, part)), keys(&metadata), "{}", case.name);
        }
    }
}

#[test]
fn writing_the_metadata_changes_nothing_else() {
    let Some(corpus) = require_corpus() else { return };
    let later = Timestamp::from_unix(2_000_000_000);
    for case in cases(&corpus) {
        let document = case.parse(&case.text);
        let (before, after) = around(&case.text, &document);
        for text in [case.rewritten(|_| ()), case.rewritten(|metadata| metadata.last_modified = later)] {
            let again = case.parse(&text);
            let (new_before, new_after) = around(&text, &again);
            assert!((before, after) == (new_before, new_after), "{}: bytes around the metadata changed", case.name);
            assert!(case.stripped(&text) == case.stripped(&case.text), "{}: other bytes changed", case.name);
            for part in 0..document.parts.len() {
                let (old, mut new) = (case.metadata(&document, part), case.metadata(&again, part));
                assert!(new.last_modified == later || new.last_modified == old.last_modified, "{}", case.name);
                new.last_modified = old.last_modified;
                assert_eq!(new.write(), old.write(), "{}", case.name);
                let tree = |document: &Document<'_>| document.parts[part].metadata.as_ref().unwrap().tree.clone();
                let (old, new) = (said(&tree(&document)), said(&new.write()));
                assert_eq!(new, old, "{}: something was lost or added", case.name);
            }
        }
    }
}

/// The repositories that publish their age key.
const OPEN: [(&str, &str); 2] =
    [("decryptable/jkroepke__helm-secrets/", "key.txt"), ("decryptable/signageos__vscode-sops/", "age.txt")];

#[test]
fn real_files_open_before_and_after_their_metadata_is_written() {
    let Some(corpus) = require_corpus() else { return };
    let sops = require_sops();
    let mut opened = 0;
    for case in cases(&corpus) {
        let Some((folder, key)) = OPEN.iter().find(|(folder, _)| case.name.starts_with(folder)) else { continue };
        if !case.read[2].contains("age") {
            continue;
        }
        let sandbox = Sandbox::without_key();
        let place = sandbox.home().join(".config/sops/age");
        fs::create_dir_all(&place).unwrap();
        fs::copy(corpus.join("sops-encrypted").join(folder).join("keys").join(key), place.join("keys.txt")).unwrap();
        let name = case.format.name();
        let kinds = ["decrypt", "--input-type", name, "--output-type", name, "file"];
        let plain: Vec<Vec<u8>> = [case.text.clone(), case.rewritten(|_| ())]
            .into_iter()
            .flat_map(|text| {
                sandbox.write("file", text);
                let theirs = sops.map(|sops| sandbox.real(sops, kinds).ok());
                theirs.into_iter().chain([sandbox.cloze(kinds).ok()])
            })
            .collect();
        let read: Vec<_> = plain.iter().map(|text| data(case.format, text).unwrap()).collect();
        for other in &read[1..] {
            assert_eq!(difference(other, &read[0]), None, "{}", case.name);
        }
        opened += 1;
    }
    assert_eq!(opened, 4);
}
