/* SPDX-License-Identifier: Apache-2.0 */
/* Reading shared credentials files: sections, name = value, comments. What is not ours is skipped.
 */
#include "cmd/keyfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Cuts blanks and the line's end off both ends. */
static char *trim(char *text)
{
    size_t n;

    text += strspn(text, " \t");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        text[--n] = '\0';
    return text;
}

/* True if the line opens the section. */
static bool section_is(char *line, const char *name)
{
    char *end = strchr(line, ']');

    if (end)
        *end = '\0';
    return end && strcmp(trim(line + 1), name) == 0;
}

static void value_take(char *line, struct keyfile_key *ret)
{
    char *sign = strchr(line, '=');

    if (!sign)
        return;
    *sign = '\0';
    const char *name = trim(line), *value = trim(sign + 1);
    if (strcmp(name, "aws_access_key_id") == 0)
        snprintf(ret->id, sizeof ret->id, "%s", value);
    else if (strcmp(name, "aws_secret_access_key") == 0)
        snprintf(ret->secret, sizeof ret->secret, "%s", value);
    else if (strcmp(name, "aws_session_token") == 0)
        snprintf(ret->token, sizeof ret->token, "%s", value);
}

int keyfile_find(const char *path, const char *name, struct keyfile_key *ret)
{
    FILE *f = fopen(path, "re");
    char buf[4096];
    bool inside = false;

    *ret = (struct keyfile_key){.id = ""};
    if (!f)
        return ERR_IO;
    while (fgets(buf, sizeof buf, f)) {
        char *line = trim(buf);
        if (*line == '[')
            inside = section_is(line, name);
        else if (inside && *line != '#' && *line != ';')
            value_take(line, ret);
    }
    fclose(f);
    return *ret->id && *ret->secret ? 0 : ERR_NOT_FOUND;
}

const char *keyfile_default(char *buf, size_t size)
{
    const char *file = getenv("AWS_SHARED_CREDENTIALS_FILE"), *home = getenv("HOME");

    buf[0] = '\0';
    if (file && *file)
        snprintf(buf, size, "%s", file);
    else if (home)
        snprintf(buf, size, "%s/.aws/credentials", home);
    return buf;
}
