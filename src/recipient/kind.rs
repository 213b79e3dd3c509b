//! The kinds of recipients, as a table: how each is named in the metadata, in `.sops.yaml` and on
//! the command line, and what its stored entry holds (sops-compat.md §3.2, §5.9, §7.5).

/// A kind of recipient. The order is that of SOPS in memory, in which keys of one group are tried
/// when nothing else is asked for (§3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// AWS KMS.
    Kms,
    /// Google Cloud KMS.
    GcpKms,
    /// Huawei Cloud KMS.
    Hckms,
    /// Azure Key Vault.
    AzureKv,
    /// Vault or OpenBao transit.
    HcVault,
    /// OpenPGP.
    Pgp,
    /// age.
    Age,
}

/// What the table says of a kind.
struct Row {
    kind: Kind,
    /// Name of the list in the metadata, and in `--decryption-order`.
    list: &'static str,
    /// Name for people.
    title: &'static str,
    /// Fields of the address.
    fields: &'static [&'static str],
    /// Fields that are written only when they are not empty.
    optional: &'static [&'static str],
    /// Whether the entry says when it was made.
    dated: bool,
    /// Whether the list stands in every key group, empty or not.
    always_in_groups: bool,
}

const ROWS: [Row; 7] = [
    Row {
        kind: Kind::Kms,
        list: "kms",
        title: "AWS KMS",
        fields: &["arn", "role", "context", "aws_profile"],
        optional: &["role", "context"],
        dated: true,
        always_in_groups: false,
    },
    Row {
        kind: Kind::GcpKms,
        list: "gcp_kms",
        title: "GCP KMS",
        fields: &["resource_id"],
        optional: &[],
        dated: true,
        always_in_groups: false,
    },
    Row {
        kind: Kind::Hckms,
        list: "hckms",
        title: "Huawei Cloud KMS",
        fields: &["key_id"],
        optional: &[],
        dated: true,
        always_in_groups: false,
    },
    Row {
        kind: Kind::AzureKv,
        list: "azure_kv",
        title: "Azure Key Vault",
        fields: &["vault_url", "name", "version"],
        optional: &[],
        dated: true,
        always_in_groups: false,
    },
    Row {
        kind: Kind::HcVault,
        list: "hc_vault",
        title: "Vault transit",
        fields: &["vault_address", "engine_path", "key_name"],
        optional: &[],
        dated: true,
        always_in_groups: true,
    },
    Row {
        kind: Kind::Pgp,
        list: "pgp",
        title: "PGP",
        fields: &["fp"],
        optional: &[],
        dated: true,
        always_in_groups: false,
    },
    Row {
        kind: Kind::Age,
        list: "age",
        title: "age",
        fields: &["recipient"],
        optional: &[],
        dated: false,
        always_in_groups: true,
    },
];

impl Kind {
    /// Every kind, in SOPS's order in memory.
    pub const ALL: [Kind; 7] =
        [Kind::Kms, Kind::GcpKms, Kind::Hckms, Kind::AzureKv, Kind::HcVault, Kind::Pgp, Kind::Age];

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.kind == self).expect("impossible: every kind has a row")
    }

    /// The name of its list in the metadata, which is also its name in a decryption order.
    #[must_use]
    pub fn list(self) -> &'static str {
        self.row().list
    }

    /// The kind whose list has this name, in any mixture of capitals and small letters.
    #[must_use]
    pub fn from_list(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.list.eq_ignore_ascii_case(name)).map(|row| row.kind)
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    pub(super) fn fields(self) -> &'static [&'static str] {
        self.row().fields
    }

    pub(super) fn is_optional(self, field: &str) -> bool {
        self.row().optional.contains(&field)
    }

    pub(super) fn is_dated(self) -> bool {
        self.row().dated
    }

    pub(super) fn is_always_in_groups(self) -> bool {
        self.row().always_in_groups
    }
}
