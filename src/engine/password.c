// SPDX-License-Identifier: Apache-2.0
#include "engine/password.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { BLOCK_MAX = 8 };

// What common passwords are made of: with digits and signs in front and behind, any length is reached.
static const char *const words[] = {
    "abc", "abcd", "abcdef", "abcdefg", "abcdefgh", "admin", "administrator", "asdf", "asdfgh", "asdfghjkl",
    "baseball", "basketball", "batman", "changeme", "charlie", "chocolate", "computer", "correcthorsebatterystaple",
    "default", "demo", "dragon", "football", "guest", "hello", "helloworld", "iloveyou", "internet", "letmein",
    "license", "liverpool", "login", "manager", "master", "michael", "monday", "monkey", "mypassword", "pa$$word",
    "pass", "passw0rd", "password", "passwort", "pokemon", "princess", "q1w2e3r4t5y", "q2w3e4r5t", "q2w3e4r5t6y",
    "qaz2wsx3edc", "qazwsx", "qazwsxedc", "qwer", "qwert", "qwerty", "qwertyuiop", "qwertyuiopasdf", "qwertz",
    "qwertzuiop", "root", "secret", "shadow", "starwars", "summer", "sunshine", "superman", "temporary", "test",
    "testing", "thequickbrownfox", "trustno", "user", "usher", "welcome", "winter", "zaq", "zxcvbn", "zxcvbnm",
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_word(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
            return true;
    }
    return false;
}

static bool is_padded_word(const char *password)
{
    size_t start = 0, end = strlen(password);
    while (start < end && !is_letter(password[start]))
        start++;
    while (end > start && !is_letter(password[end - 1]))
        end--;
    return is_word(password + start, end - start);
}

// "abcabcabcabc", "passwordpassword", "000000000000".
static bool is_repeated(const char *password)
{
    size_t length = strlen(password);
    for (size_t block = 1; block <= BLOCK_MAX && block < length; block++) {
        if (memcmp(password, password + block, length - block) == 0)
            return true;
    }
    return false;
}

// "123456789012", "abcdefghijkl", "987654321098".
static bool is_count(const char *password)
{
    bool up = true, down = true;
    for (size_t i = 1; password[i] != '\0'; i++) {
        int step = password[i] - password[i - 1];
        bool is_turn_up = password[i - 1] == '9' && password[i] == '0';
        bool is_turn_down = password[i - 1] == '0' && password[i] == '9';
        up = up && (step == 1 || is_turn_up);
        down = down && (step == -1 || is_turn_down);
    }
    return up || down;
}

const char *password_fault(const char *password, const char *email, const char *name)
{
    if ((email != NULL && strcasecmp(password, email) == 0) || strcasecmp(password, name) == 0)
        return "The e-mail address and the name are the first that anybody tries. Choose another password.";
    if (is_repeated(password) || is_count(password) || is_padded_word(password))
        return "This is among the passwords that are tried first. Choose another, such as four words that have nothing "
               "to do with each other.";
    return NULL;
}
