
use builtin;
use str;

set edit:completion:arg-completer[cloze] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'cloze'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'cloze'= {
            cand -v 'Print the version'
            cand --version 'Print the version'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand --check-for-updates 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help'
            cand --help 'Print help'
            cand encrypt 'Encrypt the values of a file'
            cand decrypt 'Decrypt a file'
            cand edit 'Edit an encrypted file in your editor'
            cand set 'Set one value of an encrypted file'
            cand unset 'Take one value out of an encrypted file'
            cand rotate 'Give a file a new data key, and other recipients'
            cand updatekeys 'Bring encrypted files to the recipients of their creation rules'
            cand groups 'Add or delete a key group of an encrypted file'
            cand filestatus 'Say whether a file is encrypted'
            cand exec 'Run a command with decrypted values in its environment'
            cand exec-env 'Run a shell command with the values of a file in its environment'
            cand exec-file 'Run a shell command that reads the plaintext of a file'
            cand publish 'Put encrypted files where programs fetch them'
            cand keyservice 'Let other processes use the keys that this one can reach'
            cand audit 'Check the records of who opened what'
            cand completion 'Print a script that completes commands in a shell'
            cand init 'Make an age key and a `.sops.yaml` to start with'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;encrypt'= {
            cand --output 'Write the result into this file'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --filename-override 'Take this file name for the choice of format and creation rule'
            cand -a 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age-recipients-file 'A file with age recipients, one in a line; may be repeated'
            cand -p 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand --pgp 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand -k 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --kms 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --gcp-kms 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]'
            cand --hckms 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]'
            cand --azure-kv 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]'
            cand --hc-vault-transit 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]'
            cand --shamir-secret-sharing-threshold 'How many key groups are needed to open the file'
            cand --encryption-context 'Encryption context for AWS KMS keys'
            cand --unencrypted-suffix 'Encrypt all but what stands under a key with this end [default: _unencrypted]'
            cand --encrypted-suffix 'Encrypt only what stands under a key with this end'
            cand --unencrypted-regex 'Encrypt all but what stands under a key that matches'
            cand --encrypted-regex 'Encrypt only what stands under a key that matches'
            cand --unencrypted-comment-regex 'Encrypt all but what a matching comment stands above'
            cand --encrypted-comment-regex 'Encrypt only what a matching comment stands above'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -i 'Write the result back into the file'
            cand --in-place 'Write the result back into the file'
            cand --mac-only-encrypted 'Let the MAC cover the encrypted values only'
            cand --allow-unmatched 'Go on when the selection leaves every value in clear'
            cand --no-exact-spelling 'Do not carry the spelling of values that SOPS''s format cannot hold; decrypting then gives the same values, not always the same bytes'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;decrypt'= {
            cand --output 'Write the result into this file'
            cand --extract 'Print only what stands at this path: `["db"]["users"][0]`, or `db.users[0]`'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --filename-override 'Take this file name for the choice of format and creation rule'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -i 'Write the result back into the file'
            cand --in-place 'Write the result back into the file'
            cand --ignore-mac 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;edit'= {
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand -a 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age-recipients-file 'A file with age recipients, one in a line; may be repeated'
            cand -p 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand --pgp 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand -k 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --kms 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --gcp-kms 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]'
            cand --hckms 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]'
            cand --azure-kv 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]'
            cand --hc-vault-transit 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]'
            cand --shamir-secret-sharing-threshold 'How many key groups are needed to open the file'
            cand --encryption-context 'Encryption context for AWS KMS keys'
            cand --unencrypted-suffix 'Encrypt all but what stands under a key with this end [default: _unencrypted]'
            cand --encrypted-suffix 'Encrypt only what stands under a key with this end'
            cand --unencrypted-regex 'Encrypt all but what stands under a key that matches'
            cand --encrypted-regex 'Encrypt only what stands under a key that matches'
            cand --unencrypted-comment-regex 'Encrypt all but what a matching comment stands above'
            cand --encrypted-comment-regex 'Encrypt only what a matching comment stands above'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --resume 'Continue an edit that could not be finished'
            cand -s 'Not supported: the edited metadata could not be taken over'
            cand --show-master-keys 'Not supported: the edited metadata could not be taken over'
            cand --ignore-mac 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
            cand --mac-only-encrypted 'Let the MAC cover the encrypted values only'
            cand --allow-unmatched 'Go on when the selection leaves every value in clear'
            cand --no-exact-spelling 'Do not carry the spelling of values that SOPS''s format cannot hold; decrypting then gives the same values, not always the same bytes'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;set'= {
            cand --shamir-secret-sharing-threshold 'Accepted for SOPS: it has no effect there either'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --value-file 'Take VALUE for the name of a file with the value'
            cand --value-stdin 'Read the value from standard input'
            cand --string 'The value is a string as it stands, not JSON'
            cand --idempotent 'Leave the file alone if it holds the value already'
            cand --ignore-mac 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;unset'= {
            cand --shamir-secret-sharing-threshold 'Accepted for SOPS: it has no effect there either'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --idempotent 'It is no error if there is nothing at the path'
            cand --ignore-mac 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;rotate'= {
            cand --output 'Write the result into this file'
            cand --add-age 'age recipients to add, comma-separated'
            cand --rm-age 'age recipients to remove'
            cand --add-pgp 'PGP fingerprints to add'
            cand --rm-pgp 'PGP fingerprints to remove'
            cand --add-kms 'AWS KMS keys to add'
            cand --rm-kms 'AWS KMS keys to remove'
            cand --add-gcp-kms 'Google Cloud KMS keys to add'
            cand --rm-gcp-kms 'Google Cloud KMS keys to remove'
            cand --add-hckms 'Huawei Cloud KMS keys to add'
            cand --rm-hckms 'Huawei Cloud KMS keys to remove'
            cand --add-azure-kv 'Azure Key Vault keys to add'
            cand --rm-azure-kv 'Azure Key Vault keys to remove'
            cand --add-hc-vault-transit 'Vault transit keys to add'
            cand --rm-hc-vault-transit 'Vault transit keys to remove'
            cand --encryption-context 'Encryption context for AWS KMS keys'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --filename-override 'Take this file name for the choice of format and creation rule'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -i 'Write the result back into the file'
            cand --in-place 'Write the result back into the file'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;updatekeys'= {
            cand --input-type 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file names say'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -y 'Ask nothing'
            cand --yes 'Ask nothing'
            cand --check 'Only show what would change; exit code 1 if anything would. Needs no key'
            cand --keep-data-key 'Keep the data key also where somebody loses something, as SOPS does'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;groups'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand add 'Add a key group'
            cand delete 'Delete a key group'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;groups;add'= {
            cand -f 'The file'
            cand --file 'The file'
            cand --output 'Write the result into this file'
            cand --input-type 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -a 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]'
            cand --age-recipients-file 'A file with age recipients, one in a line; may be repeated'
            cand -p 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand --pgp 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]'
            cand -k 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --kms 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]'
            cand --gcp-kms 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]'
            cand --hckms 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]'
            cand --azure-kv 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]'
            cand --hc-vault-transit 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]'
            cand --shamir-secret-sharing-threshold 'How many key groups are needed to open the file'
            cand --encryption-context 'Encryption context for AWS KMS keys'
            cand -i 'Write the result back into the file'
            cand --in-place 'Write the result back into the file'
            cand --keep-data-key 'Keep the data key also where somebody loses something, as SOPS does'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;groups;delete'= {
            cand -f 'The file'
            cand --file 'The file'
            cand --output 'Write the result into this file'
            cand --input-type 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --shamir-secret-sharing-threshold 'How many key groups are needed to open the file'
            cand -i 'Write the result back into the file'
            cand --in-place 'Write the result back into the file'
            cand --keep-data-key 'Keep the data key also where somebody loses something, as SOPS does'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;groups;help'= {
            cand add 'Add a key group'
            cand delete 'Delete a key group'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;groups;help;add'= {
        }
        &'cloze;groups;help;delete'= {
        }
        &'cloze;groups;help;help'= {
        }
        &'cloze;filestatus'= {
            cand --input-type 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;exec'= {
            cand -f 'An encrypted file; may be repeated'
            cand --file 'An encrypted file; may be repeated'
            cand --only 'Take only the variable with this name; may be repeated'
            cand --prefix 'Begin every name with this'
            cand --input-type 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --user 'Run the command as this user, with the groups of that user; only root can'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --nested 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside'
            cand --pristine 'Do not hand over the variables of this environment'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;exec-env'= {
            cand --only 'Take only the variable with this name; may be repeated'
            cand --prefix 'Begin every name with this'
            cand --input-type 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --user 'Run the command as this user, with the groups of that user; only root can'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --nested 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside'
            cand --pristine 'Do not hand over the variables of this environment'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand --background 'Do not wait for the command, which has no terminal and no output then'
            cand --same-process 'Accepted for SOPS: the command always takes the place of this process'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;exec-file'= {
            cand --filename 'Its name, without directories [default: tmp-file]'
            cand --input-type 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says'
            cand --output-type 'The format of the output, likewise'
            cand --user 'Run the command as this user, with the groups of that user; only root can'
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand --no-fifo 'Make it a regular file, for programs that seek in it'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand --background 'Not supported: the file has to be there as long as the command'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;publish'= {
            cand --decryption-order 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]'
            cand --enable-local-keyservice 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]'
            cand --keyservice 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]'
            cand --key-timeout 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]'
            cand --aws-profile 'The AWS profile for AWS KMS keys'
            cand --config 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]'
            cand --indent 'Spaces per level in what is written new; -1 is a tab'
            cand -y 'Ask nothing'
            cand --yes 'Ask nothing'
            cand --recursive 'Publish all encrypted files below a directory, under their paths in it'
            cand --omit-extensions 'Leave out the last extension of their names, as `omit_extensions` in a rule does'
            cand --verbose 'Say more on standard error'
            cand --disable-version-check 'Accepted for SOPS: cloze never looks for newer versions'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;keyservice'= {
            cand --network 'Listen on the network, or on a socket of this machine'
            cand --address 'The address to listen on: `HOST:PORT`, or the path of the socket [default for tcp: 127.0.0.1:5000]'
            cand --prompt 'Ask on the terminal before each use of a key'
            cand --verbose 'Say where it listens, and what is done'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;audit'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand verify 'Check that no record of an audit log was changed or taken out'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;audit;verify'= {
            cand --holds 'The hash of the last line as it was noted earlier; it must be in the log'
            cand --verbose 'Say more on standard error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;audit;help'= {
            cand verify 'Check that no record of an audit log was changed or taken out'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;audit;help;verify'= {
        }
        &'cloze;audit;help;help'= {
        }
        &'cloze;completion'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cloze;init'= {
            cand --recipient 'A further recipient beside your own key, of any kind; may be repeated or hold a comma list'
            cand --pgp 'PGP fingerprints, comma-separated'
            cand --kms 'AWS KMS keys, comma-separated'
            cand --gcp-kms 'Google Cloud KMS keys, comma-separated'
            cand --hckms 'Huawei Cloud KMS keys, comma-separated'
            cand --azure-kv 'Azure Key Vault keys, comma-separated'
            cand --hc-vault-transit 'Vault transit keys, comma-separated'
            cand --no-own-key 'Make no age key, and write rules for the others only'
            cand --kubernetes 'Encrypt only `data` and `stringData` of YAML files, as Kubernetes needs it'
            cand -y 'Ask nothing'
            cand --yes 'Ask nothing'
            cand --verbose 'Say more on standard error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cloze;help'= {
            cand encrypt 'Encrypt the values of a file'
            cand decrypt 'Decrypt a file'
            cand edit 'Edit an encrypted file in your editor'
            cand set 'Set one value of an encrypted file'
            cand unset 'Take one value out of an encrypted file'
            cand rotate 'Give a file a new data key, and other recipients'
            cand updatekeys 'Bring encrypted files to the recipients of their creation rules'
            cand groups 'Add or delete a key group of an encrypted file'
            cand filestatus 'Say whether a file is encrypted'
            cand exec 'Run a command with decrypted values in its environment'
            cand exec-env 'Run a shell command with the values of a file in its environment'
            cand exec-file 'Run a shell command that reads the plaintext of a file'
            cand publish 'Put encrypted files where programs fetch them'
            cand keyservice 'Let other processes use the keys that this one can reach'
            cand audit 'Check the records of who opened what'
            cand completion 'Print a script that completes commands in a shell'
            cand init 'Make an age key and a `.sops.yaml` to start with'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'cloze;help;encrypt'= {
        }
        &'cloze;help;decrypt'= {
        }
        &'cloze;help;edit'= {
        }
        &'cloze;help;set'= {
        }
        &'cloze;help;unset'= {
        }
        &'cloze;help;rotate'= {
        }
        &'cloze;help;updatekeys'= {
        }
        &'cloze;help;groups'= {
            cand add 'Add a key group'
            cand delete 'Delete a key group'
        }
        &'cloze;help;groups;add'= {
        }
        &'cloze;help;groups;delete'= {
        }
        &'cloze;help;filestatus'= {
        }
        &'cloze;help;exec'= {
        }
        &'cloze;help;exec-env'= {
        }
        &'cloze;help;exec-file'= {
        }
        &'cloze;help;publish'= {
        }
        &'cloze;help;keyservice'= {
        }
        &'cloze;help;audit'= {
            cand verify 'Check that no record of an audit log was changed or taken out'
        }
        &'cloze;help;audit;verify'= {
        }
        &'cloze;help;completion'= {
        }
        &'cloze;help;init'= {
        }
        &'cloze;help;help'= {
        }
    ]
    $completions[$command]
}
