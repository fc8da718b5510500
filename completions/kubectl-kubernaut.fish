# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_kubernaut_global_optspecs
    string join \n kubeconfig= context= cluster= user= n/namespace= as= as-group= as-uid= token= s/server= certificate-authority= client-certificate= client-key= insecure-skip-tls-verify= tls-server-name= request-timeout= disable-compression= cache-dir= v/v= color= ascii= time= no-input= h/help V/version
end

function __fish_kubectl_kubernaut_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_kubernaut_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_kubernaut_using_subcommand
    set -l cmd (__fish_kubectl_kubernaut_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -s V -l version -d 'Print version'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "get" -d 'Show objects as a table, with what kubectl cannot compute'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "status" -d 'Show where a remediation stands, or what needs a person'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "why" -d 'Explain whether a run may start, and what stands in its way'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "approve" -d 'Approve plans that wait for a person'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "reject" -d 'Reject plans that wait for a person'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "clear-block" -d 'Let a workflow run again where it ran and failed, or where its retries are spent'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "history" -d 'Show who decided, cleared and ran what, when, and on what grounds'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "simulate" -d 'Show what would become of an alert, end to end, without acting'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "audit" -d 'Check an audit log, or print what would be in one'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "chat" -d 'Show what approve shows, without asking'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "route" -d 'Show who is notified of what, and test it'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "check" -d 'Check the connection, what install applies, the controllers, and whether anything is stuck'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "install" -d 'Install the types, rights and policies in the cluster'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "uninstall" -d 'Remove the types, rights and policies from the cluster'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "run-controllers" -d 'Run the controllers here, as the account that install makes'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "sandbox" -d 'Run a local Kubernetes control plane with fake nodes, to try things out'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "demo" -d 'Show the main job on a local cluster: an alert comes in, a person approves, the remediation happens'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "completion" -d 'Print a script that completes words for a shell, or for kubectl'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_needs_command" -f -a "version" -d 'Show the versions of the client and of what the cluster serves'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s A -l all-namespaces -d 'Objects of all namespaces' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s l -l selector -d 'Only objects with these labels' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l field-selector -d 'Only objects with these fields, for example status.decision=Approved' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l pending -d 'Only requests that nobody has decided' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l expiring -d 'Only undecided requests whose time is up within this long, for example 10m' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l mine -d 'Only undecided requests that you may decide' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l needs-review -d 'Only remediations that a person must still look at' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l skip-reason -d 'Only executions that were skipped for one of these reasons, for example PreviousExecutionFailed,ExhaustedRetries' -r -f -a "PreviousExecutionFailed\t''
ExhaustedRetries\t''
ResourceBusy\t''
RecentlyRemediated\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s w -l watch -d 'Go on showing what changes' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l watch-only -d 'Show only what changes from now on' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l no-headers -d 'Leave out the headers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l sort-by -d 'Sort by this field, for example .metadata.creationTimestamp' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l ignore-not-found -d 'Objects that are not there are no failure' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l chunk-size -d 'How many objects to ask for at once; 0 asks for all. By default, tables are asked for whole, and objects by 500' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s L -l label-columns -d 'Labels to show as columns: a list, or several flags' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l show-labels -d 'Show all labels in the last column' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l offline -d 'Read files instead of a cluster; nothing is contacted' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s f -l filename -d 'File of objects that stands in for the cluster, repeatable; - is standard input' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l at -d 'The time to answer for, as RFC 3339 or from now on, for example +10m' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l config -d 'The controllers\' settings, in YAML, where they are not the usual ones' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s A -l all-namespaces -d 'Everything in all namespaces' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s w -l watch -d 'Go on showing what changes; with a remediation until it is over' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l show-events -d 'Show the Events of everything that belongs to the remediation' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l wait -d 'Wait first: terminal, decided, or the name of a phase' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l timeout -d 'How long to wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l exit-code -d 'End with 4 if a person is needed, or the remediation failed' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l target -d 'A target instead, as namespace/kind/name or kind/name' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l workflow -d 'Ask for this workflow on the target; for any when left out' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l exit-code -d 'End with 4 if it is blocked' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l offline -d 'Read files instead of a cluster; nothing is contacted' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s f -l filename -d 'File of objects that stands in for the cluster, repeatable; - is standard input' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l at -d 'The time to answer for, as RFC 3339 or from now on, for example +10m' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l config -d 'The controllers\' settings, in YAML, where they are not the usual ones' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s l -l selector -d 'Requests with these labels' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l all -d 'Every request that waits in the namespace' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s A -l all-namespaces -d 'Of all namespaces; goes with -l or --all' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l field-selector -d 'Only requests with these fields, for example spec.plan.targetResource=shop/deployment/cart; goes with -l or --all' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s f -l filename -d 'Requests of a file; - is standard input. A version in it must still be the request\'s' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s m -l reason -d 'Why; a rejection needs it' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s y -l yes -d 'Do not ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l dry-run -d 'Change nothing: none, client (show what would be sent), server (have it checked)' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l error-unchanged -d 'End with 3 when there was nothing to do' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l resource-version -d 'Decide only if the request still has this version' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l wait -d 'Wait for the outcome, and end with 4 if it is a failure' -r -f -a "executed\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l timeout -d 'How long to wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s l -l selector -d 'Requests with these labels' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l all -d 'Every request that waits in the namespace' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s A -l all-namespaces -d 'Of all namespaces; goes with -l or --all' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l field-selector -d 'Only requests with these fields, for example spec.plan.targetResource=shop/deployment/cart; goes with -l or --all' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s f -l filename -d 'Requests of a file; - is standard input. A version in it must still be the request\'s' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s m -l reason -d 'Why; a rejection needs it' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s y -l yes -d 'Do not ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l dry-run -d 'Change nothing: none, client (show what would be sent), server (have it checked)' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l error-unchanged -d 'End with 3 when there was nothing to do' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l resource-version -d 'Decide only if the request still has this version' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l wait -d 'Wait until the remediation is over, and end with 4 if it was not the rejection that ended it' -r -f -a "ended\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l timeout -d 'How long to wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand reject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s l -l selector -d 'What stands in the way of the runs with these labels; needs --reason and --confirm=COUNT' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l all -d 'Everything that is blocked in the namespace; needs --reason and --confirm=COUNT' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s A -l all-namespaces -d 'Of all namespaces; goes with -l or --all' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s f -l filename -d 'What stands in the way of the runs, or on the targets, of a file; - is standard input; needs --reason and --confirm=COUNT' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s m -l reason -d 'Why it is safe to run again; kept in the record' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l confirm -d 'Name of the target, in place of typing it; for several: how many are cleared' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s y -l yes -d 'Accepted, but not enough: clearing takes --reason and --confirm' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l config -d 'The controllers\' settings, in YAML, where they are not the usual ones' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l for -d 'Which to lift, when both stand in the way' -r -f -a "previous-failure\t''
exhausted-retries\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l dry-run -d 'Change nothing: none, client (show what would be sent), server (have it checked)' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l error-unchanged -d 'End with 3 when there was nothing to do' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l wait -d 'Wait until the controllers have lifted it; --wait=false only asks them to' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l timeout -d 'How long to wait; 0s does not wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand clear-block" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l target -d 'A target instead, as namespace/kind/name or kind/name' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s A -l all-namespaces -d 'Everything in all namespaces' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l since -d 'Only from then on: so long ago, for example 24h, or a time as in 2025-12-06T10:30:00Z' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l until -d 'Only until then, said in the same way' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l source -d 'Only of these sources, separated by commas' -r -f -a "decision\t'A person or the confidence decided'
clearance\t'A block was lifted, or could not be'
request\t'Somebody asked for the remediation'
phase\t'A run began or ended'
skip\t'A run was refused by the gate'
notification\t'A notice arrived'
event\t'Somebody wrote an Event about it'
policy\t'A policy or binding is as it is now'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l who -d 'Only what this user did' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s w -l watch -d 'Go on showing what happens' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s f -l filename -d 'An Alertmanager webhook in JSON, repeatable; with --offline also objects that stand in for the cluster; - is standard input' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l alert -d 'Simulate an alert of this name, instead of one from a file' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l target -d 'The object that it is about, as namespace/kind/name or kind/name' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l severity -d 'How bad it is' -r -f -a "critical\t''
warning\t''
info\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l label -d 'A label of it, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l confidence -d 'Suppose that the analysis is this sure, from 0 to 100' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l workflow -d 'Suppose that the analysis proposes this workflow' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l offline -d 'Read files instead of a cluster; nothing is contacted' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l at -d 'The time to simulate, as RFC 3339 or from now on, for example +10m' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l config -d 'The controllers\' settings, in YAML, where they are not the usual ones' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l routing -d 'Routing file, or a whole Alertmanager configuration; without it the ConfigMap that run-controllers reads, else the built-in tree' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l expect -d 'End with 4 unless this is the result' -r -f -a "escalate\t'A person is told, and nothing runs: the analysis ends without a plan that may be approved'
skipped\t'The gate refuses the run'
approval\t'A person is asked'
auto\t'It runs without a person'
duplicate\t'It is counted in an open remediation'
refused\t'The gateway refuses the alert'
nothing\t'The alert has ended'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l apply -d 'Create the requests after all, in your name, if the result is as expected; you may then not approve them yourself' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s y -l yes -d 'Do not ask before creating' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -f -a "verify" -d 'Find edits, moves, gaps, cuts and downgrades in an audit log'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and not __fish_seen_subcommand_from verify export" -f -a "export" -d 'Print every record that follows from the cluster\'s objects now, as lines of JSON'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l key-file -d 'The key that sealed it' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l head -d 'Its signed head, for example a copy from elsewhere; FILE.head when left out' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand audit; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -f -a "show" -d 'Show the routing tree, and how its receivers are reached'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and not __fish_seen_subcommand_from show test" -f -a "test" -d 'Ask the routing tree who is notified; nothing is sent without --send'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l config -d 'Routing file, or a whole Alertmanager configuration; without it the ConfigMap that run-controllers reads, else the built-in tree' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l offline -d 'Contact no cluster' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s f -l filename -d 'File with a NotificationRequest whose labels are meant, repeatable; - is standard input' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l tree -d 'Show the whole tree, and why each branch was taken or not' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l expect -d 'End with 4 unless these are the receivers, in this order, separated by commas' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l at -d 'Taken as by every verb that works on files; routes ask no clock' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l send -d 'Send a message that says it is a test; without this nothing is ever sent' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s y -l yes -d 'Do not ask before sending' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l dry-run -d 'Send nothing: none, client (show what would be made), server (have it checked)' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l timeout -d 'How long to wait for the delivery, 30s unless said; 0s does not wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l config -d 'Routing file, or a whole Alertmanager configuration; without it the ConfigMap that run-controllers reads, else the built-in tree' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l offline -d 'Contact no cluster' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand route; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l pre -d 'Only what install needs: the cluster\'s version, and your right to apply everything' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l only -d 'Only these categories: client, cluster, crds, rbac, rights, attribution, controllers, stuck' -r -f -a "client\t''
cluster\t''
crds\t''
rbac\t''
rights\t''
attribution\t''
controllers\t''
stuck\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l wait -d 'Check again until nothing is wrong, for so long at most' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l strict -d 'End with 4 on warnings, too' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l only -d 'Only these parts: crds, rbac, policy, namespace' -r -f -a "namespace\t'The namespace that the controllers live in'
crds\t'The definitions of the kinds'
rbac\t'Account and roles'
policy\t'The admission policies and their bindings'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l export -d 'Print the objects as YAML instead of applying them' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l diff -d 'Show what would change, and change nothing: ends with 0 when nothing would, with 1 otherwise' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l dry-run -d 'Change nothing, only check: none, client, server' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l force-conflicts -d 'Take back what others have set in these objects' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l wait -d 'Wait until everything is served and enforced' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l timeout -d 'How long to wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l only -d 'Only these parts: crds, rbac, policy, namespace' -r -f -a "namespace\t'The namespace that the controllers live in'
crds\t'The definitions of the kinds'
rbac\t'Account and roles'
policy\t'The admission policies and their bindings'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l keep-crds -d 'Leave the types, and with them all data' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l delete-data -d 'Delete every remediation, decision, ledger and notice in the cluster' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l confirm -d 'Confirms --delete-data without being asked; must be: cluster' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l force -d 'Go on while controllers hold the lease' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l dry-run -d 'Remove nothing, only say what would be: none, client, server' -r -f -a "none\t''
client\t''
server\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l wait -d 'Wait until everything is gone' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l timeout -d 'How long to wait' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l config -d 'Settings, in YAML' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l routing -d 'Who is notified of what: routes and receivers in Alertmanager\'s YAML; without it a ConfigMap, see route show' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l gateway-listen -d 'Take alerts at this address, for example 127.0.0.1:9099' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l gateway-allow-unauthenticated -d 'Take alerts without a token; only on a loopback address' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l as-self -d 'Work as yourself instead of as the controllers\' account' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l leader-elect -d 'Hold a lease, so that only one copy works' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l force-lease -d 'Take the lease from whoever holds it; asks first' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l shadow -d 'Only look: every write is sent as a dry run and told, no notice leaves, no lease is held' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l controllers -d 'Which controllers run, as kube-controller-manager takes it: \'*\' for all, NAME, -NAME' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l concurrency -d 'Objects that each controller works on at once' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l log-format -d 'Form of the log: text, json' -r -f -a "text\t'Lines for people'
json\t'One JSON object a line'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l once -d 'Reconcile until nothing is left to do now, then end' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l for -d 'End after this long' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l sync-timeout -d 'How long to wait until everything has been read once' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l drain-timeout -d 'How long what is at work may take to end' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l audit-log -d 'Keep an audit log in this file; its signed head is FILE.head' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l audit-key-file -d 'The key that seals the audit log, at least 32 bytes' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l ready-file -d 'Write an empty file once everything is ready' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l end-with-parent -d 'End when the program that started this one does' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -s y -l yes -d 'Do not ask whether a cluster that others may use is meant' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand run-controllers" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l nodes -d 'Number of fake nodes' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l keep -d 'Leave the folder with logs and kubeconfig when the sandbox stops' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l emulated-version -d 'Behave like this older Kubernetes version, such as 1.33' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l confidence -d 'Let the playbook be this confident, 0 to 100: 80 and more runs at once, 60 to 79 is asked, less is refused' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l reject -d 'Reject instead of approving' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -s y -l yes -d 'Approve (or reject) as alice without asking' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l install -d 'Write the program that kubectl asks into this folder, which has to be in PATH' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l client -d 'Only the client\'s version; contacts nothing' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -s o -l output -d 'Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADER:PATH,... or custom-columns-file=FILE' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l show-managed-fields -d 'Keep managedFields in json and yaml' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l output-version -d 'Version of what is computed, in json and yaml: scripts that name it keep their form when there is a newer one' -r -f -a "v1alpha1\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l kubeconfig -d 'Kubeconfig file to use' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l context -d 'Context of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l cluster -d 'Cluster of the kubeconfig to use' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l user -d 'User of the kubeconfig to be' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -s n -l namespace -d 'Namespace to work in' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l as -d 'User to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l as-group -d 'Group to impersonate, repeatable' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l as-uid -d 'Uid to impersonate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l token -d 'Bearer token to authenticate with' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -s s -l server -d 'Address of the API server' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l certificate-authority -d 'File with the certificate authority' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l client-certificate -d 'File with the client certificate' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l client-key -d 'File with the client key' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l insecure-skip-tls-verify -d 'Do not check the API server\'s certificate' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l tls-server-name -d 'Name to check the API server\'s certificate against' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l request-timeout -d 'How long to wait for one answer, for example 10s; 0 waits for ever' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l disable-compression -d 'Do not ask for compressed answers' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -s v -l v -d 'How much to log, 0 to 9' -r
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l ascii -d 'Use ASCII characters only' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l time -d 'How to show points in time' -r -f -a "age\t'As ages and countdowns'
local\t'In the local time zone'
utc\t'In UTC'"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -l no-input -d 'Never ask' -r -f -a "true\t''
false\t''"
complete -c kubectl-kubernaut -n "__fish_kubectl_kubernaut_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
