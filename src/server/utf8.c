// SPDX-License-Identifier: Apache-2.0
#include "server/utf8.h"

size_t utf8_decode(const char *text, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text[0];
    size_t length = lead == 0     ? 0
                    : lead < 0x80 ? 1
                    : lead < 0xc2 ? 0
                    : lead < 0xe0 ? 2
                    : lead < 0xf0 ? 3
                    : lead < 0xf5 ? 4
                                  : 0;
    if (length < 2) {
        *ret_point = lead;
        return length;
    }
    uint32_t point = lead & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (byte & 0x3f);
    }
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return length;
}

bool utf8_valid(const char *text)
{
    while (*text != '\0') {
        uint32_t point;
        size_t length = utf8_decode(text, &point);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}
