/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53: one program, a table of commands and a loop over it. */
#include "cmd/cmd.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct option_row options_none[] = {{0}};

const struct command commands[] = {
    {"serve", "", "run the server: DNS, API and store",
     "Opens the store, shows its state in DNS and answers the APIs on one port. Nothing is "
     "configured but by these\n"
     "options: VPCs, zones, rules and endpoints are state in the store, written through the API.",
     options_serve,
     "  bridge53 serve --store sqlite:/var/lib/bridge53/db --api 127.0.0.1:8053 --dns 0.0.0.0:53\n"
     "  bridge53 serve --store mem: --auth off --dns 127.0.0.1:5300 --port 5300   # a laptop, "
     "nothing kept\n",
     0, 0, cmd_serve},
    {"account", "add|list|key|keys|revoke [ID]", "accounts and their access keys",
     "add [ID]: a new account (twelve digits; made up when left out). key ID: a new access key for "
     "it, shown once.\n"
     "keys ID: its keys. revoke KEY: deletes a key. list: all accounts. Works on the store "
     "directly, also beside a\n"
     "running server.",
     options_account,
     "  bridge53 account add 111122223333 --name shared-services --store "
     "sqlite:/var/lib/bridge53/db\n"
     "  bridge53 account key 111122223333 --store sqlite:/var/lib/bridge53/db\n",
     1, 2, cmd_account},
    {"organization", "create|add-ou|add-account|move-account|remove-account|list ...",
     "organizations, their units and accounts",
     "create ACCOUNT: a new organization with that management account. add-ou PARENT NAME: a unit "
     "below a root (r-...,\n"
     "or o-...) or unit. add-account PARENT ACCOUNT, move-account PARENT ACCOUNT, remove-account "
     "ACCOUNT: who is where.\n"
     "list: everything. Once the management account has enabled sharing in RAM, shares inside need "
     "no invitation. Works\n"
     "on the store directly, also beside a running server.",
     options_organization,
     "  bridge53 organization create 111122223333 --store sqlite:/var/lib/bridge53/db\n"
     "  bridge53 organization add-ou o-ab12cd34ef networks --store sqlite:/var/lib/bridge53/db\n"
     "  bridge53 organization add-account ou-ab12-cd34ef56 444455556666 --store "
     "sqlite:/var/lib/bridge53/db\n",
     1, 3, cmd_organization},
    {"api", "[SERVICE [OPERATION]]", "call any operation of the API",
     "Calls an operation with JSON input and prints the JSON result. Without words it lists the "
     "services, with one\n"
     "the operations of a service. --skeleton prints the input that an operation takes. --dry-run "
     "makes the call in a\n"
     "copy of the server's state and prints for how many VPCs which names would change.",
     options_api,
     "  bridge53 api ec2 DescribeVpcs\n"
     "  bridge53 api route53resolver ListResolverRules --input '{\"MaxResults\": 10}'\n"
     "  bridge53 api route53 CreateHostedZone --skeleton\n"
     "  bridge53 api route53resolver DeleteResolverRule --input @rule.json --dry-run\n",
     0, 2, cmd_api},
    {"apply", "TEMPLATE...", "deploy CloudFormation templates",
     "Reads a template (YAML or JSON), compares it with the stack of that name, prints the plan "
     "and carries it out:\n"
     "creates, updates, replaces, and deletes what left the file. Applying twice changes nothing.\n"
     "Several templates make one stack each, in the accounts that --as names. A Parameter without "
     "a "
     "value takes the\n"
     "Output of the same name of another template, and that gives the order; what goes is removed "
     "in "
     "the opposite one.\n"
     "All are planned before the first is carried out. --dry-run does everything in a copy of the "
     "server's state and\n"
     "prints for how many VPCs which names would change.",
     options_apply,
     "  bridge53 apply examples/ipv4.yaml --stack demo\n"
     "  bridge53 apply examples/ipv4.yaml --stack demo --param Domain=corp.internal --plan\n"
     "  bridge53 apply --delete --stack demo\n"
     "  bridge53 apply shared.yaml a.yaml b.yaml --keys keys --as shared=shared-services --as "
     "a=team-a "
     "--as b=team-b\n",
     0, 16, cmd_apply},
    {"check", "", "find what can't work in a design",
     "Looks at all that the account has in the region, or at one VPC, and prints what can't work: "
     "who is concerned,\n"
     "why, what to do, and one query that shows it. Exit status: 0 nothing found, 1 findings, 2 "
     "the "
     "check could not be\n"
     "made. docs/CHECK.md has the table of findings.",
     options_check,
     "  bridge53 check\n"
     "  bridge53 check --vpc vpc-0a1b2c3d4e5f60718\n"
     "  bridge53 check --json | jq -r '.Findings[].Code'\n",
     0, 0, cmd_check},
    {"audit", "", "tell who wrote what, when and from where",
     "Lists the writes that the audit trail remembers, the oldest first: those of the account and "
     "those of others that\n"
     "touched its objects (+ written, - deleted, @ used). With --store it reads a store directly "
     "and "
     "shows all accounts.",
     options_audit,
     "  bridge53 audit --since 1h\n"
     "  bridge53 audit --object rslvr-rr-0123456789abcdef0 --json\n"
     "  bridge53 audit --follow --store sqlite:/var/lib/bridge53/db\n",
     0, 0, cmd_audit},
    {"explain", "NAME [TYPE]", "tell why a name resolves as it does",
     "Asks a running server one question as a client of a VPC, and prints every decision on its "
     "way: the view, the\n"
     "route that won and those that lost, cache, upstream, chain and answer. What explains is what "
     "serves.",
     options_explain,
     "  bridge53 explain --vpc vpc-0a1b2c3d4e5f60718 app.corp.internal A\n"
     "  bridge53 explain --vpc vpc-0a1b2c3d4e5f60718 --source 10.0.1.7 app.corp.internal AAAA "
     "--json\n",
     1, 2, cmd_explain},
    {"completion", "bash", "print the shell completion script", "", options_none,
     "  bridge53 completion bash > /etc/bash_completion.d/bridge53\n", 1, 1, cmd_completion},
    {"man", "", "print the manual page", "The page is made of the same rows as the help texts.",
     options_none, "  bridge53 man | man -l -\n", 0, 0, cmd_man},
    {"version", "", "print the version", "", options_none, NULL, 0, 0, cmd_version},
    {0},
};

static const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct args args;
    int err;

    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        command = argc > 2 ? command_find(argv[2]) : NULL;
        help_print(command);
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    command = command_find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (!command) {
        fprintf(stderr, "bridge53: no command '%s'\nTry: bridge53 --help\n", argv[1]);
        return EXIT_USAGE;
    }
    err = args_parse(command, argc - 2, argv + 2, &args);
    if (err)
        return err < 0 ? EXIT_OK : err;
    return command->run(&args);
}
