//! Which names stand for something secret. The command's README has the same list.

use crate::certain::Certain;

/// Whether a header, a member of an event or a parameter of a query is secret by its name: `X-CSRF-Token`, `apiKey`.
pub(super) fn is_secret(name: &str) -> bool {
    let name = letters(name);
    WHOLE.contains(&name.as_str()) || ENDINGS.iter().any(|end| name.ends_with(end)) && !PAGES.contains(&name.as_str())
}

/// Whether a parameter of a query is, with escapes or without: these have short names as well, which mean something else in
/// other places.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    let name = unescaped(name);
    is_secret(&name) || PARAMETERS.contains(&letters(&name).as_str())
}

/// `X-Amz-Security-Token` and `x_amz_security_token` are one name, and `tokens[]` is `tokens`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A name without escapes, as far as those of ASCII go.
fn unescaped(name: &str) -> String {
    let mut parts = name.split('%');
    let mut plain = parts.next().certain().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(u8::is_ascii);
        match (byte, part.get(2..)) {
            (Some(byte), Some(rest)) => {
                plain.push(byte.into());
                plain.push_str(rest);
            }
            _ => plain.push_str(part),
        }
    }
    plain
}

/// How the names of secrets end, without the characters between their words.
const ENDINGS: [&str; 16] = [
    "accesskey",
    "apikey",
    "assertion",
    "authorization",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signature",
    "token",
    "tokens",
];

/// Names of secrets that end in another way.
const WHOLE: [&str; 8] = [
    "codeverifier",
    // A hint of OpenID Connect is a whole ID token.
    "idtokenhint",
    "jwt",
    "samlresponse",
    "subscriptionkey",
    "xamznoidcdata",
    // What CloudFront sends to its origin, after AWS's examples.
    "xoriginverify",
    "xhubsignature256",
];

/// Names of secrets in queries alone.
const PARAMETERS: [&str; 8] = ["auth", "code", "hmac", "key", "otp", "pwd", "sig", "ticket"];

/// Places in a list, which end in `token` and let nobody in.
const PAGES: [&str; 6] =
    ["continuationtoken", "nextpagetoken", "nexttoken", "pagetoken", "paginationtoken", "synctoken"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_without_case_and_without_the_characters_between_their_words() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "authorizationToken",
            "x-api-key",
            "apiKey",
            "api_key",
            "x-auth-token",
            "x-csrf-token",
            "X-XSRF-TOKEN",
            "x-amz-security-token",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "x-amzn-oidc-accesstoken",
            "x-amzn-oidc-data",
            "X-Amz-Cf-Secret",
            "cf-access-jwt-assertion",
            "access_token",
            "id_token",
            "id_token_hint",
            "refresh_token",
            "client_secret",
            "client_assertion",
            "user[password]",
            "PHPSESSID",
            "jsessionid",
            "SAMLResponse",
        ] {
            assert!(is_secret(name) && is_secret_parameter(name), "{name}");
        }
        for name in ["code", "c%6fde", "sig", "key", "auth", "hmac", "otp", "ticket"] {
            assert!(!is_secret(name) && is_secret_parameter(name), "{name}");
        }
    }

    #[test]
    fn names_that_look_like_those_of_secrets_are_left() {
        for name in [
            "accept",
            "apiKeyId",
            "token_use",
            "token_type",
            "sec-websocket-key",
            "x-amz-content-sha256",
            "X-Amz-SignedHeaders",
            "nextToken",
            "page_token",
            "continuation-token",
            "statusCode",
            "country_code",
            "keyword",
            "signature_method",
            "",
        ] {
            assert!(!is_secret(name) && !is_secret_parameter(name), "{name}");
        }
    }

    #[test]
    fn the_readme_has_the_same_list() {
        let readme = letters_of_each_name(include_str!("../../../README.md"));
        for name in ENDINGS.iter().chain(&WHOLE).chain(&PARAMETERS).chain(&PAGES) {
            assert!(readme.contains(&(*name).to_owned()), "{name}");
        }
    }

    fn letters_of_each_name(text: &str) -> Vec<String> {
        text.split('`').skip(1).step_by(2).map(letters).collect()
    }
}
