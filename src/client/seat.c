// SPDX-License-Identifier: Apache-2.0
#include "client/call.h"
#include "client/client.h"
#include "client/host.h"
#include "client/moments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One step of it: a request whose path and body are given up afterwards.
static enum usher_code ask_for(struct usher *usher, struct patience *patience, const char *method, char *path,
                               char *body, json_t **ret_json, struct usher_error *error)
{
    struct ask ask = {.method = method, .path = path, .body = body};
    *ret_json = NULL;
    if (path == NULL)
        error_memory(error);
    else
        call_send(usher, patience, &ask, ret_json, NULL, error);
    free(path);
    free(body);
    return error->code;
}

static enum usher_code find_user(struct usher *usher, struct patience *patience, char user[ID_SIZE],
                                 struct usher_error *error)
{
    json_t *json;
    if (ask_for(usher, patience, "GET", strdup("/v1/whoami"), NULL, &json, error) == USHER_OK) {
        if (json_is_null(json_object_get(json, "user")))
            error_set(error, USHER_INVALID, "The key belongs to no user, and users hold seats: take a user's key.");
        else if (!answer_id(json, "user", user, ID_SIZE))
            answer_strange(error, "about the key");
    }
    json_decref(json);
    return error->code;
}

static enum usher_code find_seat(struct usher *usher, struct patience *patience, const char *product, const char *user,
                                 char seat[ID_SIZE], struct usher_error *error)
{
    json_t *json;
    char *path = call_path(usher, "/seats?product=%s&user=%s&limit=1", product, user);
    if (ask_for(usher, patience, "GET", path, NULL, &json, error) == USHER_OK) {
        const json_t *items = json_object_get(json, "items"), *first = json_array_get(items, 0);
        if (json_is_array(items) && first == NULL)
            error_set(error, USHER_NOT_FOUND, "%s holds no seat of %s: ask an admin for one.", user, product);
        else if (!answer_id(first, "id", seat, ID_SIZE))
            answer_strange(error, "a list of seats");
    }
    json_decref(json);
    return error->code;
}

static bool read_seat(const json_t *json, struct usher_seat *seat)
{
    return answer_id(json, "id", seat->id, sizeof seat->id) &&
           answer_text(json, "product", seat->product, sizeof seat->product) &&
           answer_text(json, "user", seat->user, sizeof seat->user) &&
           answer_text(json, "level", seat->level, sizeof seat->level) &&
           answer_moment(json, "assigned_at", true, &seat->assigned_at) &&
           answer_moment(json, "activated_at", true, &seat->activated_at) &&
           answer_moment(json, "last_used_at", true, &seat->last_used_at);
}

// The machines that hold a seat which has no place for one more, where the detail does not name them.
static void add_machines(const json_t *problem, struct usher_error *error)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(problem, "machines"), i, item)
    {
        const char *name = json_string_value(json_is_object(item) ? json_object_get(item, "machine") : item);
        size_t length = strlen(error->detail);
        if (name == NULL || strstr(error->detail, name) != NULL)
            continue;
        char more[300];
        snprintf(more, sizeof more, "%s%s", i == 0 ? " It is used on: " : ", ", name);
        text_copy(error->detail + length, sizeof error->detail - length, more);
    }
}

static enum usher_code check_in(struct usher *usher, struct patience *patience, const char *seat, const char *machine,
                                struct usher_seat *ret_seat, struct usher_error *error)
{
    json_t *json = json_pack("{s:s}", "machine", machine);
    char *body = json_dumps(json, JSON_COMPACT), *path = call_path(usher, "/seats/%s/check-in", seat);
    json_decref(json);
    if (body == NULL) {
        free(path);
        return error_memory(error);
    }
    struct usher_seat read = {0};
    if (ask_for(usher, patience, "POST", path, body, &json, error) == USHER_CONFLICT)
        add_machines(json, error);
    else if (error->code == USHER_OK && !read_seat(json, &read))
        answer_strange(error, "a seat");
    else if (error->code == USHER_OK && ret_seat != NULL)
        *ret_seat = read;
    json_decref(json);
    return error->code;
}

enum usher_code usher_check_in(struct usher *usher, const char *product, const char *machine,
                               struct usher_seat *ret_seat, struct usher_error *error)
{
    struct usher_error spare;
    char host[HOST_SIZE], user[ID_SIZE], seat[ID_SIZE];
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error))
        return error->code;
    // A request knows what a product and a machine may be.
    struct usher_request *request = usher_request_new(product);
    usher_request_set_machine(request, machine);
    bool is_good = request_check(request, error);
    usher_request_free(request);
    if (!is_good)
        return error->code;
    if (machine == NULL && !host_name(host))
        return error_set(error, USHER_INVALID, "This machine has no name: give one.");
    struct patience patience = {.deadline_at = boot_now() + client_timeout_ms(usher)};
    enum usher_code code = find_user(usher, &patience, user, error);
    if (code == USHER_OK)
        code = find_seat(usher, &patience, product, user, seat, error);
    if (code == USHER_OK)
        code = check_in(usher, &patience, seat, machine != NULL ? machine : host, ret_seat, error);
    return code;
}
