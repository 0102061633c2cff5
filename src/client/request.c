// SPDX-License-Identifier: Apache-2.0
#include "client/request.h"

#include "client/client.h"
#include "client/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { NAME_MAX_CHARACTERS = 255, COUNT_MAX = 1000, TTL_MIN_S = 10, TTL_MAX_S = 86400, WAIT_MAX_S = 31536000 };

// The first fault counts: what comes later may follow from it.
static struct usher_error *fault_of(struct usher_request *request)
{
    if (request->fault != NULL || request->no_memory)
        return NULL;
    request->fault = malloc(sizeof *request->fault);
    request->no_memory = request->fault == NULL;
    return request->fault;
}

static void set_member(struct usher_request *request, const char *name, json_t *value)
{
    if (json_object_set_new(request->members, name, value) != 0)
        request->no_memory = true;
}

static void fault(struct usher_request *request, const char *what, const char *value)
{
    struct usher_error *error = fault_of(request);
    if (error != NULL)
        error_set(error, USHER_INVALID, "\"%.200s\" is not %s.", value, what);
}

static void number_fault(struct usher_request *request, const char *what, int64_t value)
{
    struct usher_error *error = fault_of(request);
    if (error != NULL)
        error_set(error, USHER_INVALID, "%lld is not %s.", (long long)value, what);
}

static void set_host(struct usher_request *request)
{
    char host[HOST_SIZE];
    if (host_name(host)) {
        json_t *name = json_string(host);
        // A name that is not UTF-8 is none that could be told.
        if (name != NULL)
            set_member(request, "machine", name);
    }
}

static bool is_product(const char *product)
{
    size_t length = strspn(product, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length >= 1 && length <= 64 && product[length] == '\0';
}

struct usher_request *usher_request_new(const char *product)
{
    struct usher_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->pid = getpid();
    atomic_init(&request->cancelled, false);
    request->members = json_object();
    request->no_memory = request->members == NULL;
    request->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct usher_error *error = request->cancel_fd < 0 ? fault_of(request) : NULL;
    if (error != NULL)
        error_system(error, errno, "There is no descriptor for a request");
    if (product == NULL || !is_product(product))
        fault(request, "the code of a product: 1 to 64 of A-Z a-z 0-9 . _ -", product != NULL ? product : "");
    else
        set_member(request, "product", json_string(product));
    set_host(request);
    return request;
}

void request_forget_denial(struct usher_request *request)
{
    usher_explanation_free(request->denial);
    request->denial = NULL;
}

void usher_request_free(struct usher_request *request)
{
    if (request == NULL)
        return;
    request_forget_denial(request);
    json_decref(request->members);
    if (request->cancel_fd >= 0)
        close(request->cancel_fd);
    free(request->fault);
    free(request);
}

static void set_id(struct usher_request *request, const char *name, const char *what, const char *id)
{
    if (request == NULL)
        return;
    if (id == NULL)
        (void)json_object_del(request->members, name);
    else if (!client_is_id(id))
        fault(request, what, id);
    else
        set_member(request, name, json_string(id));
}

void usher_request_set_user(struct usher_request *request, const char *user)
{
    set_id(request, "user", "the id of a user, such as US-1", user);
}

void usher_request_set_project(struct usher_request *request, const char *project)
{
    set_id(request, "project", "the id of a project, such as PR-1", project);
}

void usher_request_set_organization(struct usher_request *request, const char *organization)
{
    set_id(request, "organization", "the id of an organization, such as OG-1001", organization);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void usher_request_set_machine(struct usher_request *request, const char *machine)
{
    if (request == NULL)
        return;
    request->has_machine = machine != NULL;
    (void)json_object_del(request->members, "machine");
    if (machine == NULL) {
        set_host(request);
        return;
    }
    // Answers NULL for what is not UTF-8, too.
    json_t *name = json_string(machine);
    if (name == NULL || machine[0] == '\0' || characters(machine) > NAME_MAX_CHARACTERS) {
        json_decref(name);
        fault(request, "the name of a machine: 1 to 255 characters of UTF-8", machine);
    } else {
        set_member(request, "machine", name);
    }
}

static void set_number(struct usher_request *request, const char *name, const char *what, int64_t value, int64_t low,
                       int64_t high)
{
    if (request == NULL)
        return;
    if (value < low || value > high)
        number_fault(request, what, value);
    else
        set_member(request, name, json_integer(value));
}

void usher_request_set_count(struct usher_request *request, int64_t count)
{
    set_number(request, "count", "a number of units: 1 to 1000", count, 1, COUNT_MAX);
}

void usher_request_set_ttl(struct usher_request *request, int64_t ttl_s)
{
    set_number(request, "ttl_s", "a time to live: 10 to 86400 seconds", ttl_s, TTL_MIN_S, TTL_MAX_S);
}

void usher_request_set_wait(struct usher_request *request, int64_t wait_s)
{
    if (request == NULL)
        return;
    if (wait_s < 0 || wait_s > WAIT_MAX_S)
        number_fault(request, "a time to wait: 0 to 31536000 seconds", wait_s);
    else
        request->wait_s = wait_s;
}

void usher_request_set_origin(struct usher_request *request, const char *origin)
{
    if (request == NULL)
        return;
    if (origin == NULL)
        (void)json_object_del(request->members, "origin");
    else if (strcmp(origin, "external") != 0 && strcmp(origin, "platform") != 0)
        fault(request, "an origin: external or platform", origin);
    else
        set_member(request, "origin", json_string(origin));
}

void usher_request_set_reacquire(struct usher_request *request, bool reacquire)
{
    if (request != NULL)
        request->reacquire = reacquire;
}

void usher_request_set_idempotency_key(struct usher_request *request, const char *key)
{
    if (request == NULL)
        return;
    request->has_key = false;
    if (key == NULL)
        return;
    size_t length = 0;
    while (key[length] > 0x20 && key[length] < 0x7f)
        length++;
    if (length == 0 || length >= KEY_SIZE || key[length] != '\0') {
        fault(request, "an Idempotency-Key: 1 to 64 visible ASCII characters", key);
        return;
    }
    memcpy(request->key, key, length + 1);
    request->has_key = true;
}

void usher_request_set_on_change(struct usher_request *request, usher_change_fn *on_change, void *context)
{
    if (request == NULL)
        return;
    request->on_change = on_change;
    request->context = context;
}

void usher_cancel(struct usher_request *request)
{
    // Only what a signal handler may do. In a child the descriptor is the parent's, too.
    if (request == NULL || request->pid != getpid())
        return;
    int before = errno;
    atomic_store(&request->cancelled, true);
    ssize_t written = write(request->cancel_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written;
    errno = before;
}

bool request_is_cancelled(const struct usher_request *request)
{
    return atomic_load(&request->cancelled);
}

enum usher_code request_cancelled(struct usher_error *error)
{
    return error_set(error, USHER_CANCELLED, "The call was cancelled.");
}

bool request_check(const struct usher_request *request, struct usher_error *error)
{
    if (request == NULL)
        error_set(error, USHER_INVALID, "There is no request: memory ran out when it was to be made.");
    else if (request->pid != getpid())
        error_set(error, USHER_FORKED, "The request belongs to the parent process: make another one here.");
    else if (request->no_memory)
        error_memory(error);
    else if (request->fault != NULL)
        *error = *request->fault;
    else if (request_is_cancelled(request))
        request_cancelled(error);
    return error->code == USHER_OK;
}

char *request_body(const json_t *members, int64_t wait_s)
{
    json_t *body = json_copy((json_t *)(uintptr_t)members);
    if (body != NULL && wait_s > 0 && json_object_set_new(body, "wait_s", json_integer(wait_s)) != 0) {
        json_decref(body);
        return NULL;
    }
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

const struct usher_explanation *usher_request_denial(const struct usher_request *request)
{
    return request != NULL ? request->denial : NULL;
}
