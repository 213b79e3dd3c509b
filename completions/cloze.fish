# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cloze_global_optspecs
    string join \n v/version disable-version-check check-for-updates h/help
end

function __fish_cloze_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cloze_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cloze_using_subcommand
    set -l cmd (__fish_cloze_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cloze -n "__fish_cloze_needs_command" -s v -l version -d 'Print the version'
complete -c cloze -n "__fish_cloze_needs_command" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_needs_command" -l check-for-updates -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_needs_command" -s h -l help -d 'Print help'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "encrypt" -d 'Encrypt the values of a file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "decrypt" -d 'Decrypt a file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "edit" -d 'Edit an encrypted file in your editor'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "set" -d 'Set one value of an encrypted file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "unset" -d 'Take one value out of an encrypted file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "rotate" -d 'Give a file a new data key, and other recipients'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "updatekeys" -d 'Bring encrypted files to the recipients of their creation rules'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "groups" -d 'Add or delete a key group of an encrypted file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "filestatus" -d 'Say whether a file is encrypted'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "exec" -d 'Run a command with decrypted values in its environment'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "exec-env" -d 'Run a shell command with the values of a file in its environment'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "exec-file" -d 'Run a shell command that reads the plaintext of a file'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "publish" -d 'Put encrypted files where programs fetch them'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "keyservice" -d 'Let other processes use the keys that this one can reach'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "audit" -d 'Check the records of who opened what'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "completion" -d 'Print a script that completes commands in a shell'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "init" -d 'Make an age key and a `.sops.yaml` to start with'
complete -c cloze -n "__fish_cloze_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l output -d 'Write the result into this file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l filename-override -d 'Take this file name for the choice of format and creation rule' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -s a -l age -d 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l age-recipients-file -d 'A file with age recipients, one in a line; may be repeated' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -s p -l pgp -d 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -s k -l kms -d 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l gcp-kms -d 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l hckms -d 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l azure-kv -d 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l hc-vault-transit -d 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l shamir-secret-sharing-threshold -d 'How many key groups are needed to open the file' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l encryption-context -d 'Encryption context for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l unencrypted-suffix -d 'Encrypt all but what stands under a key with this end [default: _unencrypted]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l encrypted-suffix -d 'Encrypt only what stands under a key with this end' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l unencrypted-regex -d 'Encrypt all but what stands under a key that matches' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l encrypted-regex -d 'Encrypt only what stands under a key that matches' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l unencrypted-comment-regex -d 'Encrypt all but what a matching comment stands above' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l encrypted-comment-regex -d 'Encrypt only what a matching comment stands above' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -s i -l in-place -d 'Write the result back into the file'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l mac-only-encrypted -d 'Let the MAC cover the encrypted values only'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l allow-unmatched -d 'Go on when the selection leaves every value in clear'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l no-exact-spelling -d 'Do not carry the spelling of values that SOPS\'s format cannot hold; decrypting then gives the same values, not always the same bytes'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand encrypt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l output -d 'Write the result into this file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l extract -d 'Print only what stands at this path: `["db"]["users"][0]`, or `db.users[0]`' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l filename-override -d 'Take this file name for the choice of format and creation rule' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -s i -l in-place -d 'Write the result back into the file'
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l ignore-mac -d 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand decrypt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -s a -l age -d 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l age-recipients-file -d 'A file with age recipients, one in a line; may be repeated' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand edit" -s p -l pgp -d 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -s k -l kms -d 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l gcp-kms -d 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l hckms -d 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l azure-kv -d 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l hc-vault-transit -d 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l shamir-secret-sharing-threshold -d 'How many key groups are needed to open the file' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l encryption-context -d 'Encryption context for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l unencrypted-suffix -d 'Encrypt all but what stands under a key with this end [default: _unencrypted]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l encrypted-suffix -d 'Encrypt only what stands under a key with this end' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l unencrypted-regex -d 'Encrypt all but what stands under a key that matches' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l encrypted-regex -d 'Encrypt only what stands under a key that matches' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l unencrypted-comment-regex -d 'Encrypt all but what a matching comment stands above' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l encrypted-comment-regex -d 'Encrypt only what a matching comment stands above' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l resume -d 'Continue an edit that could not be finished'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -s s -l show-master-keys -d 'Not supported: the edited metadata could not be taken over'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l ignore-mac -d 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l mac-only-encrypted -d 'Let the MAC cover the encrypted values only'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l allow-unmatched -d 'Go on when the selection leaves every value in clear'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l no-exact-spelling -d 'Do not carry the spelling of values that SOPS\'s format cannot hold; decrypting then gives the same values, not always the same bytes'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l shamir-secret-sharing-threshold -d 'Accepted for SOPS: it has no effect there either' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand set" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand set" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand set" -l value-file -d 'Take VALUE for the name of a file with the value'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l value-stdin -d 'Read the value from standard input'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l string -d 'The value is a string as it stands, not JSON'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l idempotent -d 'Leave the file alone if it holds the value already'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l ignore-mac -d 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand set" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l shamir-secret-sharing-threshold -d 'Accepted for SOPS: it has no effect there either' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l idempotent -d 'It is no error if there is nothing at the path'
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l ignore-mac -d 'Do not check the MAC, and leave comments that do not open as they are: the file may have been tampered with'
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand unset" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l output -d 'Write the result into this file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-age -d 'age recipients to add, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-age -d 'age recipients to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-pgp -d 'PGP fingerprints to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-pgp -d 'PGP fingerprints to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-kms -d 'AWS KMS keys to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-kms -d 'AWS KMS keys to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-gcp-kms -d 'Google Cloud KMS keys to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-gcp-kms -d 'Google Cloud KMS keys to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-hckms -d 'Huawei Cloud KMS keys to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-hckms -d 'Huawei Cloud KMS keys to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-azure-kv -d 'Azure Key Vault keys to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-azure-kv -d 'Azure Key Vault keys to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l add-hc-vault-transit -d 'Vault transit keys to add' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l rm-hc-vault-transit -d 'Vault transit keys to remove' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l encryption-context -d 'Encryption context for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l filename-override -d 'Take this file name for the choice of format and creation rule' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -s i -l in-place -d 'Write the result back into the file'
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l input-type -d 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file names say' -r
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -s y -l yes -d 'Ask nothing'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l check -d 'Only show what would change; exit code 1 if anything would. Needs no key'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l keep-data-key -d 'Keep the data key also where somebody loses something, as SOPS does'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand updatekeys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and not __fish_seen_subcommand_from add delete help" -s h -l help -d 'Print help'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and not __fish_seen_subcommand_from add delete help" -f -a "add" -d 'Add a key group'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and not __fish_seen_subcommand_from add delete help" -f -a "delete" -d 'Delete a key group'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and not __fish_seen_subcommand_from add delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s f -l file -d 'The file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l output -d 'Write the result into this file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l input-type -d 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s a -l age -d 'age recipients, comma-separated [env: SOPS_AGE_RECIPIENTS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l age-recipients-file -d 'A file with age recipients, one in a line; may be repeated' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s p -l pgp -d 'PGP fingerprints, comma-separated [env: SOPS_PGP_FP]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s k -l kms -d 'AWS KMS keys, comma-separated [env: SOPS_KMS_ARN]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l gcp-kms -d 'Google Cloud KMS keys, comma-separated [env: SOPS_GCP_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l hckms -d 'Huawei Cloud KMS keys, comma-separated [env: SOPS_HUAWEICLOUD_KMS_IDS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l azure-kv -d 'Azure Key Vault keys, comma-separated [env: SOPS_AZURE_KEYVAULT_URLS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l hc-vault-transit -d 'Vault transit keys, comma-separated [env: SOPS_VAULT_URIS]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l shamir-secret-sharing-threshold -d 'How many key groups are needed to open the file' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l encryption-context -d 'Encryption context for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s i -l in-place -d 'Write the result back into the file'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l keep-data-key -d 'Keep the data key also where somebody loses something, as SOPS does'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -s f -l file -d 'The file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l output -d 'Write the result into this file' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l input-type -d 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l shamir-secret-sharing-threshold -d 'How many key groups are needed to open the file' -r
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -s i -l in-place -d 'Write the result back into the file'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l keep-data-key -d 'Keep the data key also where somebody loses something, as SOPS does'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a key group'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a key group'
complete -c cloze -n "__fish_cloze_using_subcommand groups; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -l input-type -d 'The format of the file: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand filestatus" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand exec" -s f -l file -d 'An encrypted file; may be repeated' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l only -d 'Take only the variable with this name; may be repeated' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l prefix -d 'Begin every name with this' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l input-type -d 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l user -d 'Run the command as this user, with the groups of that user; only root can' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l nested -d 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside'
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l pristine -d 'Do not hand over the variables of this environment'
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand exec" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l only -d 'Take only the variable with this name; may be repeated' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l prefix -d 'Begin every name with this' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l input-type -d 'The format of the files: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l user -d 'Run the command as this user, with the groups of that user; only root can' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l nested -d 'Take what is inside of maps and lists too, as `db_users_0`. With --only, a name as this, or the first key of it for everything inside'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l pristine -d 'Do not hand over the variables of this environment'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l background -d 'Do not wait for the command, which has no terminal and no output then'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -l same-process -d 'Accepted for SOPS: the command always takes the place of this process'
complete -c cloze -n "__fish_cloze_using_subcommand exec-env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l filename -d 'Its name, without directories [default: tmp-file]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l input-type -d 'The format of the input: yaml, json, dotenv, ini, toml, binary; anything else means: as the file name says' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l output-type -d 'The format of the output, likewise' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l user -d 'Run the command as this user, with the groups of that user; only root can' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l no-fifo -d 'Make it a regular file, for programs that seek in it'
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -l background -d 'Not supported: the file has to be there as long as the command'
complete -c cloze -n "__fish_cloze_using_subcommand exec-file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l decryption-order -d 'Kinds of keys to try first, comma-separated: age pgp kms gcp_kms hckms azure_kv hc_vault [env: SOPS_DECRYPTION_ORDER]' -r
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l enable-local-keyservice -d 'Use the keys that this process can reach (`=false` to switch off) [env: SOPS_ENABLE_LOCAL_KEYSERVICE] [default: true]' -r -f -a "true\t''
false\t''"
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l keyservice -d 'A key service of another process, `tcp://HOST:PORT` or `unix:///PATH`, which is asked for what this process cannot do; may be repeated [env: SOPS_KEYSERVICE]' -r
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l key-timeout -d 'How long a key on the network may take, in seconds [env: CLOZE_KEY_TIMEOUT] [default: 10]' -r
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l aws-profile -d 'The AWS profile for AWS KMS keys' -r
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l config -d 'The file with the creation rules, in place of the search for `.sops.yaml` [env: SOPS_CONFIG]' -r -F
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l indent -d 'Spaces per level in what is written new; -1 is a tab' -r
complete -c cloze -n "__fish_cloze_using_subcommand publish" -s y -l yes -d 'Ask nothing'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l recursive -d 'Publish all encrypted files below a directory, under their paths in it'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l omit-extensions -d 'Leave out the last extension of their names, as `omit_extensions` in a rule does'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -l disable-version-check -d 'Accepted for SOPS: cloze never looks for newer versions'
complete -c cloze -n "__fish_cloze_using_subcommand publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand keyservice" -l network -d 'Listen on the network, or on a socket of this machine' -r -f -a "tcp\t''
unix\t''"
complete -c cloze -n "__fish_cloze_using_subcommand keyservice" -l address -d 'The address to listen on: `HOST:PORT`, or the path of the socket [default for tcp: 127.0.0.1:5000]' -r
complete -c cloze -n "__fish_cloze_using_subcommand keyservice" -l prompt -d 'Ask on the terminal before each use of a key'
complete -c cloze -n "__fish_cloze_using_subcommand keyservice" -l verbose -d 'Say where it listens, and what is done'
complete -c cloze -n "__fish_cloze_using_subcommand keyservice" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -f -a "verify" -d 'Check that no record of an audit log was changed or taken out'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and __fish_seen_subcommand_from verify" -l holds -d 'The hash of the last line as it was noted earlier; it must be in the log' -r
complete -c cloze -n "__fish_cloze_using_subcommand audit; and __fish_seen_subcommand_from verify" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that no record of an audit log was changed or taken out'
complete -c cloze -n "__fish_cloze_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand completion" -s h -l help -d 'Print help'
complete -c cloze -n "__fish_cloze_using_subcommand init" -l recipient -d 'A further recipient beside your own key, of any kind; may be repeated or hold a comma list' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l pgp -d 'PGP fingerprints, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l kms -d 'AWS KMS keys, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l gcp-kms -d 'Google Cloud KMS keys, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l hckms -d 'Huawei Cloud KMS keys, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l azure-kv -d 'Azure Key Vault keys, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l hc-vault-transit -d 'Vault transit keys, comma-separated' -r
complete -c cloze -n "__fish_cloze_using_subcommand init" -l no-own-key -d 'Make no age key, and write rules for the others only'
complete -c cloze -n "__fish_cloze_using_subcommand init" -l kubernetes -d 'Encrypt only `data` and `stringData` of YAML files, as Kubernetes needs it'
complete -c cloze -n "__fish_cloze_using_subcommand init" -s y -l yes -d 'Ask nothing'
complete -c cloze -n "__fish_cloze_using_subcommand init" -l verbose -d 'Say more on standard error'
complete -c cloze -n "__fish_cloze_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "encrypt" -d 'Encrypt the values of a file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "decrypt" -d 'Decrypt a file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "edit" -d 'Edit an encrypted file in your editor'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "set" -d 'Set one value of an encrypted file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "unset" -d 'Take one value out of an encrypted file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "rotate" -d 'Give a file a new data key, and other recipients'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "updatekeys" -d 'Bring encrypted files to the recipients of their creation rules'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "groups" -d 'Add or delete a key group of an encrypted file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "filestatus" -d 'Say whether a file is encrypted'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "exec" -d 'Run a command with decrypted values in its environment'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "exec-env" -d 'Run a shell command with the values of a file in its environment'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "exec-file" -d 'Run a shell command that reads the plaintext of a file'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "publish" -d 'Put encrypted files where programs fetch them'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "keyservice" -d 'Let other processes use the keys that this one can reach'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "audit" -d 'Check the records of who opened what'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "completion" -d 'Print a script that completes commands in a shell'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "init" -d 'Make an age key and a `.sops.yaml` to start with'
complete -c cloze -n "__fish_cloze_using_subcommand help; and not __fish_seen_subcommand_from encrypt decrypt edit set unset rotate updatekeys groups filestatus exec exec-env exec-file publish keyservice audit completion init help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cloze -n "__fish_cloze_using_subcommand help; and __fish_seen_subcommand_from groups" -f -a "add" -d 'Add a key group'
complete -c cloze -n "__fish_cloze_using_subcommand help; and __fish_seen_subcommand_from groups" -f -a "delete" -d 'Delete a key group'
complete -c cloze -n "__fish_cloze_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check that no record of an audit log was changed or taken out'
