/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 man and bridge53 completion: made of the command rows, so that they can't go stale. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

/* Text for troff: backslashes and leading dots are escaped, hyphens stay hyphens. */
static void roff(const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        start = *text == '\n';
    }
}

static void man_command(const struct command *c)
{
    printf(".SS \"%s %s\"\n", c->name, c->words);
    roff(c->summary);
    printf(".\n");
    if (*c->text) {
        printf(".PP\n");
        roff(c->text);
        printf("\n");
    }
    for (const struct option_row *o = c->options; o->name; o++) {
        printf(".TP\n.B \\-\\-");
        roff(o->name);
        if (o->arg)
            printf(" \\fI%s\\fR", o->arg);
        printf("\n");
        roff(o->help);
        if (o->fallback) {
            printf(" (default: ");
            roff(o->fallback);
            printf(")");
        }
        printf("\n");
    }
    if (c->examples) {
        printf(".PP\n.nf\n");
        roff(c->examples);
        printf(".fi\n");
    }
}

int cmd_man(const struct args *a)
{
    (void)a;
    printf(".TH BRIDGE53 1 \"\" \"bridge53 %s\" \"User Commands\"\n", BRIDGE53_VERSION);
    printf(".SH NAME\nbridge53 \\- hybrid DNS, driven by the Amazon Route 53 Resolver APIs\n");
    printf(".SH SYNOPSIS\n.B bridge53\n.I command\n.RI [ options ]\n.SH COMMANDS\n");
    for (const struct command *c = commands; c->name; c++)
        man_command(c);
    printf(".SH ENVIRONMENT\nEvery option may be given as a variable: \\-\\-endpoint\\-url as "
           "BRIDGE53_ENDPOINT_URL.\n");
    printf(".SH EXIT STATUS\n0 success, 1 the work failed (check: it has findings), 2 the command "
           "line is wrong (check: or it could not be made).\n");
    return EXIT_OK;
}

int cmd_completion(const struct args *a)
{
    if (strcmp(a->words[0], "bash") != 0) {
        fprintf(stderr, "bridge53 completion: only bash is known, not '%s'\n", a->words[0]);
        return EXIT_USAGE;
    }
    printf("# bash completion for bridge53\n_bridge53() {\n    local cur=${COMP_WORDS[COMP_CWORD]} "
           "words=\"\"\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n        words=\"");
    for (const struct command *c = commands; c->name; c++)
        printf("%s ", c->name);
    printf("\"\n    else\n        case ${COMP_WORDS[1]} in\n");
    for (const struct command *c = commands; c->name; c++) {
        printf("        %s) words=\"--help", c->name);
        for (const struct option_row *o = c->options; o->name; o++)
            printf(" --%s", o->name);
        printf("\" ;;\n");
    }
    printf(
        "        esac\n"
        "        if [ \"${COMP_WORDS[1]}\" = api ] && [ \"$COMP_CWORD\" = 2 ]; then\n"
        "            words=$(bridge53 api 2>/dev/null)\n"
        "        elif [ \"${COMP_WORDS[1]}\" = api ] && [ \"$COMP_CWORD\" = 3 ]; then\n"
        "            words=$(bridge53 api \"${COMP_WORDS[2]}\" 2>/dev/null)\n        fi\n    fi\n"
        "    COMPREPLY=($(compgen -W \"$words\" -f -- \"$cur\"))\n}\ncomplete -F _bridge53 "
        "bridge53\n");
    return EXIT_OK;
}
