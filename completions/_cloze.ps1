
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'cloze' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'cloze'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'cloze' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('--check-for-updates', '--check-for-updates', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Encrypt the values of a file')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Decrypt a file')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit an encrypted file in your editor')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one value of an encrypted file')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one value out of an encrypted file')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Give a file a new data key, and other recipients')
            [CompletionResult]::new('updatekeys', 'updatekeys', [CompletionResultType]::ParameterValue, 'Bring encrypted files to the recipients of their creation rules')
            [CompletionResult]::new('groups', 'groups', [CompletionResultType]::ParameterValue, 'Add or delete a key group of an encrypted file')
            [CompletionResult]::new('filestatus', 'filestatus', [CompletionResultType]::ParameterValue, 'Say whether a file is encrypted')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with decrypted values in its environment')
            [CompletionResult]::new('exec-env', 'exec-env', [CompletionResultType]::ParameterValue, 'Run a shell command with the values of a file in its environment')
            [CompletionResult]::new('exec-file', 'exec-file', [CompletionResultType]::ParameterValue, 'Run a shell command that reads the plaintext of a file')
            [CompletionResult]::new('publish', 'publish', [CompletionResultType]::ParameterValue, 'Put encrypted files where programs fetch them')
            [CompletionResult]::new('keyservice', 'keyservice', [CompletionResultType]::ParameterValue, 'Let other processes use the keys that this one can reach')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Check the records of who opened what')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a script that completes commands in a shell')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make an age key and a `.sops.yaml` to start with')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;encrypt' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result into this file')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--filename-override', '--filename-override', [CompletionResultType]::ParameterName, 'Take this file name for the choice of format and creation rule')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age', '--age', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age-recipients-file', '--age-recipients-file', [CompletionResultType]::ParameterName, 'A file with age recipients, one in a line; may be repeated')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('--pgp', '--pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--kms', '--kms', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--gcp-kms', '--gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]')
            [CompletionResult]::new('--hckms', '--hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]')
            [CompletionResult]::new('--azure-kv', '--azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]')
            [CompletionResult]::new('--hc-vault-transit', '--hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]')
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'How many key groups are needed to open the file')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Encryption context for AWS KMS keys')
            [CompletionResult]::new('--unencrypted-suffix', '--unencrypted-suffix', [CompletionResultType]::ParameterName, 'Encrypt all but what stands under a key with this end [default: _unencrypted]')
            [CompletionResult]::new('--encrypted-suffix', '--encrypted-suffix', [CompletionResultType]::ParameterName, 'Encrypt only what stands under a key with this end')
            [CompletionResult]::new('--unencrypted-regex', '--unencrypted-regex', [CompletionResultType]::ParameterName, 'Encrypt all but what stands under a key that matches')
            [CompletionResult]::new('--encrypted-regex', '--encrypted-regex', [CompletionResultType]::ParameterName, 'Encrypt only what stands under a key that matches')
            [CompletionResult]::new('--unencrypted-comment-regex', '--unencrypted-comment-regex', [CompletionResultType]::ParameterName, 'Encrypt all but what a matching comment stands above')
            [CompletionResult]::new('--encrypted-comment-regex', '--encrypted-comment-regex', [CompletionResultType]::ParameterName, 'Encrypt only what a matching comment stands above')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--mac-only-encrypted', '--mac-only-encrypted', [CompletionResultType]::ParameterName, 'Let the MAC cover the encrypted values only')
            [CompletionResult]::new('--allow-unmatched', '--allow-unmatched', [CompletionResultType]::ParameterName, 'Go on when the selection leaves every value in clear')
            [CompletionResult]::new('--no-exact-spelling', '--no-exact-spelling', [CompletionResultType]::ParameterName, 'Do not carry the spelling of values that SOPS''s format cannot hold; decrypting then gives the same values, not always the same bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;decrypt' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result into this file')
            [CompletionResult]::new('--extract', '--extract', [CompletionResultType]::ParameterName, 'Print only what stands at this path: `["db"]["users"][0]`, or `db.users[0]`')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--filename-override', '--filename-override', [CompletionResultType]::ParameterName, 'Take this file name for the choice of format and creation rule')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--ignore-mac', '--ignore-mac', [CompletionResultType]::ParameterName, 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;edit' {
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age', '--age', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age-recipients-file', '--age-recipients-file', [CompletionResultType]::ParameterName, 'A file with age recipients, one in a line; may be repeated')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('--pgp', '--pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--kms', '--kms', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--gcp-kms', '--gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]')
            [CompletionResult]::new('--hckms', '--hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]')
            [CompletionResult]::new('--azure-kv', '--azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]')
            [CompletionResult]::new('--hc-vault-transit', '--hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]')
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'How many key groups are needed to open the file')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Encryption context for AWS KMS keys')
            [CompletionResult]::new('--unencrypted-suffix', '--unencrypted-suffix', [CompletionResultType]::ParameterName, 'Encrypt all but what stands under a key with this end [default: _unencrypted]')
            [CompletionResult]::new('--encrypted-suffix', '--encrypted-suffix', [CompletionResultType]::ParameterName, 'Encrypt only what stands under a key with this end')
            [CompletionResult]::new('--unencrypted-regex', '--unencrypted-regex', [CompletionResultType]::ParameterName, 'Encrypt all but what stands under a key that matches')
            [CompletionResult]::new('--encrypted-regex', '--encrypted-regex', [CompletionResultType]::ParameterName, 'Encrypt only what stands under a key that matches')
            [CompletionResult]::new('--unencrypted-comment-regex', '--unencrypted-comment-regex', [CompletionResultType]::ParameterName, 'Encrypt all but what a matching comment stands above')
            [CompletionResult]::new('--encrypted-comment-regex', '--encrypted-comment-regex', [CompletionResultType]::ParameterName, 'Encrypt only what a matching comment stands above')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Continue an edit that could not be finished')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Not supported: the edited metadata could not be taken over')
            [CompletionResult]::new('--show-master-keys', '--show-master-keys', [CompletionResultType]::ParameterName, 'Not supported: the edited metadata could not be taken over')
            [CompletionResult]::new('--ignore-mac', '--ignore-mac', [CompletionResultType]::ParameterName, 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with')
            [CompletionResult]::new('--mac-only-encrypted', '--mac-only-encrypted', [CompletionResultType]::ParameterName, 'Let the MAC cover the encrypted values only')
            [CompletionResult]::new('--allow-unmatched', '--allow-unmatched', [CompletionResultType]::ParameterName, 'Go on when the selection leaves every value in clear')
            [CompletionResult]::new('--no-exact-spelling', '--no-exact-spelling', [CompletionResultType]::ParameterName, 'Do not carry the spelling of values that SOPS''s format cannot hold; decrypting then gives the same values, not always the same bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;set' {
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'Accepted for SOPS: it has no effect there either')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--value-file', '--value-file', [CompletionResultType]::ParameterName, 'Take VALUE for the name of a file with the value')
            [CompletionResult]::new('--value-stdin', '--value-stdin', [CompletionResultType]::ParameterName, 'Read the value from standard input')
            [CompletionResult]::new('--string', '--string', [CompletionResultType]::ParameterName, 'The value is a string as it stands, not JSON')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'Leave the file alone if it holds the value already')
            [CompletionResult]::new('--ignore-mac', '--ignore-mac', [CompletionResultType]::ParameterName, 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;unset' {
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'Accepted for SOPS: it has no effect there either')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'It is no error if there is nothing at the path')
            [CompletionResult]::new('--ignore-mac', '--ignore-mac', [CompletionResultType]::ParameterName, 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;rotate' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result into this file')
            [CompletionResult]::new('--add-age', '--add-age', [CompletionResultType]::ParameterName, 'age recipients to add, comma-separated')
            [CompletionResult]::new('--rm-age', '--rm-age', [CompletionResultType]::ParameterName, 'age recipients to remove')
            [CompletionResult]::new('--add-pgp', '--add-pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints to add')
            [CompletionResult]::new('--rm-pgp', '--rm-pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints to remove')
            [CompletionResult]::new('--add-kms', '--add-kms', [CompletionResultType]::ParameterName, 'AWS KMS keys to add')
            [CompletionResult]::new('--rm-kms', '--rm-kms', [CompletionResultType]::ParameterName, 'AWS KMS keys to remove')
            [CompletionResult]::new('--add-gcp-kms', '--add-gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys to add')
            [CompletionResult]::new('--rm-gcp-kms', '--rm-gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys to remove')
            [CompletionResult]::new('--add-hckms', '--add-hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys to add')
            [CompletionResult]::new('--rm-hckms', '--rm-hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys to remove')
            [CompletionResult]::new('--add-azure-kv', '--add-azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys to add')
            [CompletionResult]::new('--rm-azure-kv', '--rm-azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys to remove')
            [CompletionResult]::new('--add-hc-vault-transit', '--add-hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys to add')
            [CompletionResult]::new('--rm-hc-vault-transit', '--rm-hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys to remove')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Encryption context for AWS KMS keys')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--filename-override', '--filename-override', [CompletionResultType]::ParameterName, 'Take this file name for the choice of format and creation rule')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;updatekeys' {
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file names say')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Only show what would change; exit code 1 if anything would. Needs no key')
            [CompletionResult]::new('--keep-data-key', '--keep-data-key', [CompletionResultType]::ParameterName, 'Keep the data key also where somebody loses something, as SOPS does')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;groups' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a key group')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a key group')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;groups;add' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The file')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The file')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result into this file')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age', '--age', [CompletionResultType]::ParameterName, 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]')
            [CompletionResult]::new('--age-recipients-file', '--age-recipients-file', [CompletionResultType]::ParameterName, 'A file with age recipients, one in a line; may be repeated')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('--pgp', '--pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--kms', '--kms', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]')
            [CompletionResult]::new('--gcp-kms', '--gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]')
            [CompletionResult]::new('--hckms', '--hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]')
            [CompletionResult]::new('--azure-kv', '--azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]')
            [CompletionResult]::new('--hc-vault-transit', '--hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]')
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'How many key groups are needed to open the file')
            [CompletionResult]::new('--encryption-context', '--encryption-context', [CompletionResultType]::ParameterName, 'Encryption context for AWS KMS keys')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--keep-data-key', '--keep-data-key', [CompletionResultType]::ParameterName, 'Keep the data key also where somebody loses something, as SOPS does')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;groups;delete' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The file')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'The file')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result into this file')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--shamir-secret-sharing-threshold', '--shamir-secret-sharing-threshold', [CompletionResultType]::ParameterName, 'How many key groups are needed to open the file')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--in-place', '--in-place', [CompletionResultType]::ParameterName, 'Write the result back into the file')
            [CompletionResult]::new('--keep-data-key', '--keep-data-key', [CompletionResultType]::ParameterName, 'Keep the data key also where somebody loses something, as SOPS does')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;groups;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a key group')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a key group')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;groups;help;add' {
            break
        }
        'cloze;groups;help;delete' {
            break
        }
        'cloze;groups;help;help' {
            break
        }
        'cloze;filestatus' {
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;exec' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'An encrypted file; may be repeated')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'An encrypted file; may be repeated')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Take only the variable with this name; may be repeated')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Begin every name with this')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Run the command as this user, with the groups of that user; only root can')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--nested', '--nested', [CompletionResultType]::ParameterName, 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside')
            [CompletionResult]::new('--pristine', '--pristine', [CompletionResultType]::ParameterName, 'Do not hand over the variables of this environment')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;exec-env' {
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Take only the variable with this name; may be repeated')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Begin every name with this')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Run the command as this user, with the groups of that user; only root can')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--nested', '--nested', [CompletionResultType]::ParameterName, 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside')
            [CompletionResult]::new('--pristine', '--pristine', [CompletionResultType]::ParameterName, 'Do not hand over the variables of this environment')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('--background', '--background', [CompletionResultType]::ParameterName, 'Do not wait for the command, which has no terminal and no output then')
            [CompletionResult]::new('--same-process', '--same-process', [CompletionResultType]::ParameterName, 'Accepted for SOPS: the command always takes the place of this process')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;exec-file' {
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Its name, without directories [default: tmp-file]')
            [CompletionResult]::new('--input-type', '--input-type', [CompletionResultType]::ParameterName, 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says')
            [CompletionResult]::new('--output-type', '--output-type', [CompletionResultType]::ParameterName, 'The format of the output, likewise')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Run the command as this user, with the groups of that user; only root can')
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('--no-fifo', '--no-fifo', [CompletionResultType]::ParameterName, 'Make it a regular file, for programs that seek in it')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('--background', '--background', [CompletionResultType]::ParameterName, 'Not supported: the file has to be there as long as the command')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;publish' {
            [CompletionResult]::new('--decryption-order', '--decryption-order', [CompletionResultType]::ParameterName, 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]')
            [CompletionResult]::new('--enable-local-keyservice', '--enable-local-keyservice', [CompletionResultType]::ParameterName, 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]')
            [CompletionResult]::new('--keyservice', '--keyservice', [CompletionResultType]::ParameterName, 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]')
            [CompletionResult]::new('--key-timeout', '--key-timeout', [CompletionResultType]::ParameterName, 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]')
            [CompletionResult]::new('--aws-profile', '--aws-profile', [CompletionResultType]::ParameterName, 'The AWS profile for AWS KMS keys')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]')
            [CompletionResult]::new('--indent', '--indent', [CompletionResultType]::ParameterName, 'Spaces per level in what is written new; -1 is a tab')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Publish all encrypted files below a directory, under their paths in it')
            [CompletionResult]::new('--omit-extensions', '--omit-extensions', [CompletionResultType]::ParameterName, 'Leave out the last extension of their names, as `omit_extensions` in a rule does')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('--disable-version-check', '--disable-version-check', [CompletionResultType]::ParameterName, 'Accepted for SOPS: cloze never looks for newer versions')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;keyservice' {
            [CompletionResult]::new('--network', '--network', [CompletionResultType]::ParameterName, 'Listen on the network, or on a socket of this machine')
            [CompletionResult]::new('--address', '--address', [CompletionResultType]::ParameterName, 'The address to listen on: `HOST:PORT`, or the path of the socket [default for tcp: 127.0.0.1:5000]')
            [CompletionResult]::new('--prompt', '--prompt', [CompletionResultType]::ParameterName, 'Ask on the terminal before each use of a key')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say where it listens, and what is done')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;audit' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that no record of an audit log was changed or taken out')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;audit;verify' {
            [CompletionResult]::new('--holds', '--holds', [CompletionResultType]::ParameterName, 'The hash of the last line as it was noted earlier; it must be in the log')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;audit;help' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that no record of an audit log was changed or taken out')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;audit;help;verify' {
            break
        }
        'cloze;audit;help;help' {
            break
        }
        'cloze;completion' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cloze;init' {
            [CompletionResult]::new('--recipient', '--recipient', [CompletionResultType]::ParameterName, 'A further recipient beside your own key, of any kind; may be repeated or hold a comma list')
            [CompletionResult]::new('--pgp', '--pgp', [CompletionResultType]::ParameterName, 'PGP fingerprints, comma-separated')
            [CompletionResult]::new('--kms', '--kms', [CompletionResultType]::ParameterName, 'AWS KMS keys, comma-separated')
            [CompletionResult]::new('--gcp-kms', '--gcp-kms', [CompletionResultType]::ParameterName, 'Google Cloud KMS keys, comma-separated')
            [CompletionResult]::new('--hckms', '--hckms', [CompletionResultType]::ParameterName, 'Huawei Cloud KMS keys, comma-separated')
            [CompletionResult]::new('--azure-kv', '--azure-kv', [CompletionResultType]::ParameterName, 'Azure Key Vault keys, comma-separated')
            [CompletionResult]::new('--hc-vault-transit', '--hc-vault-transit', [CompletionResultType]::ParameterName, 'Vault transit keys, comma-separated')
            [CompletionResult]::new('--no-own-key', '--no-own-key', [CompletionResultType]::ParameterName, 'Make no age key, and write rules for the others only')
            [CompletionResult]::new('--kubernetes', '--kubernetes', [CompletionResultType]::ParameterName, 'Encrypt only `data` and `stringData` of YAML files, as Kubernetes needs it')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cloze;help' {
            [CompletionResult]::new('encrypt', 'encrypt', [CompletionResultType]::ParameterValue, 'Encrypt the values of a file')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Decrypt a file')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit an encrypted file in your editor')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Set one value of an encrypted file')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one value out of an encrypted file')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Give a file a new data key, and other recipients')
            [CompletionResult]::new('updatekeys', 'updatekeys', [CompletionResultType]::ParameterValue, 'Bring encrypted files to the recipients of their creation rules')
            [CompletionResult]::new('groups', 'groups', [CompletionResultType]::ParameterValue, 'Add or delete a key group of an encrypted file')
            [CompletionResult]::new('filestatus', 'filestatus', [CompletionResultType]::ParameterValue, 'Say whether a file is encrypted')
            [CompletionResult]::new('exec', 'exec', [CompletionResultType]::ParameterValue, 'Run a command with decrypted values in its environment')
            [CompletionResult]::new('exec-env', 'exec-env', [CompletionResultType]::ParameterValue, 'Run a shell command with the values of a file in its environment')
            [CompletionResult]::new('exec-file', 'exec-file', [CompletionResultType]::ParameterValue, 'Run a shell command that reads the plaintext of a file')
            [CompletionResult]::new('publish', 'publish', [CompletionResultType]::ParameterValue, 'Put encrypted files where programs fetch them')
            [CompletionResult]::new('keyservice', 'keyservice', [CompletionResultType]::ParameterValue, 'Let other processes use the keys that this one can reach')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Check the records of who opened what')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a script that completes commands in a shell')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make an age key and a `.sops.yaml` to start with')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'cloze;help;encrypt' {
            break
        }
        'cloze;help;decrypt' {
            break
        }
        'cloze;help;edit' {
            break
        }
        'cloze;help;set' {
            break
        }
        'cloze;help;unset' {
            break
        }
        'cloze;help;rotate' {
            break
        }
        'cloze;help;updatekeys' {
            break
        }
        'cloze;help;groups' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a key group')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a key group')
            break
        }
        'cloze;help;groups;add' {
            break
        }
        'cloze;help;groups;delete' {
            break
        }
        'cloze;help;filestatus' {
            break
        }
        'cloze;help;exec' {
            break
        }
        'cloze;help;exec-env' {
            break
        }
        'cloze;help;exec-file' {
            break
        }
        'cloze;help;publish' {
            break
        }
        'cloze;help;keyservice' {
            break
        }
        'cloze;help;audit' {
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check that no record of an audit log was changed or taken out')
            break
        }
        'cloze;help;audit;verify' {
            break
        }
        'cloze;help;completion' {
            break
        }
        'cloze;help;init' {
            break
        }
        'cloze;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
