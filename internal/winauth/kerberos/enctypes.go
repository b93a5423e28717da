package kerberos

import (
	"slices"
	"strings"
)

// The encryption types that the library knows, by number (RFC 3961, 3962, 4757, 8009).
const (
	aes128SHA1 int32 = 17
	aes256SHA1 int32 = 18
	aes128SHA2 int32 = 19
	aes256SHA2 int32 = 20
	rc4        int32 = 23
)

var allEncryption = []int32{aes256SHA1, aes128SHA1, aes256SHA2, aes128SHA2, rc4}

// encryptionNames maps a name of krb5.conf to types. Names that are not here (DES, Camellia) are passed over, as MIT
// passes over what it does not know.
func encryptionNames() map[string][]int32 {
	return map[string][]int32{
		"default":                    allEncryption,
		"aes":                        {aes256SHA1, aes128SHA1, aes256SHA2, aes128SHA2},
		"aes256-cts-hmac-sha1-96":    {aes256SHA1},
		"aes256-cts":                 {aes256SHA1},
		"aes256-sha1":                {aes256SHA1},
		"aes128-cts-hmac-sha1-96":    {aes128SHA1},
		"aes128-cts":                 {aes128SHA1},
		"aes128-sha1":                {aes128SHA1},
		"aes256-cts-hmac-sha384-192": {aes256SHA2},
		"aes256-sha2":                {aes256SHA2},
		"aes128-cts-hmac-sha256-128": {aes128SHA2},
		"aes128-sha2":                {aes128SHA2},
		"rc4":                        {rc4},
		"rc4-hmac":                   {rc4},
		"arcfour-hmac":               {rc4},
		"arcfour-hmac-md5":           {rc4},
	}
}

// encryptionTypes reads the first of the settings that say which types to ask for.
func (c *Config) encryptionTypes() ([]int32, error) {
	for _, setting := range []string{"default_tkt_enctypes", "permitted_enctypes"} {
		value := c.profile.first("libdefaults", setting)
		if value == "" {
			continue
		}
		types := parseEncryption(value)
		if len(types) == 0 {
			return nil, problem(EncryptionType, "Add aes256-cts-hmac-sha1-96, which every KDC in use has.",
				"krb5.conf: none of the encryption types in %s = %s is supported", setting, value)
		}
		return types, nil
	}
	return allEncryption, nil
}

func parseEncryption(value string) []int32 {
	var types []int32
	names := encryptionNames()
	for _, name := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool {
		return r == ' ' ||
			r == ',' || r == '\t'
	}) {
		for _, number := range names[strings.TrimLeft(name, "+-")] {
			if strings.HasPrefix(name, "-") {
				types = slices.DeleteFunc(types, func(t int32) bool { return t == number })
			} else if !slices.Contains(types, number) {
				types = append(types, number)
			}
		}
	}
	return types
}
