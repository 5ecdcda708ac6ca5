//! What a path of the Invoke API names.

use percent_encoding::percent_decode_str;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operation {
    Async,
    Invoke,
    Stream,
}

/// The operation and the name of the function; `None` if it is none of the three.
pub(super) fn operation(path: &str) -> Option<(Operation, String)> {
    let parts: Vec<_> = path.trim_end_matches('/').split('/').collect();
    let (operation, name) = match parts.as_slice() {
        ["", "2015-03-31", "functions", name, "invocations"] => (Operation::Invoke, name),
        ["", "2021-11-15", "functions", name, "response-streaming-invocations"] => (Operation::Stream, name),
        ["", "2014-11-13", "functions", name, "invoke-async"] => (Operation::Async, name),
        _ => return None,
    };
    let name = percent_decode_str(name).decode_utf8().ok()?;
    // `arn:aws:lambda:region:account:function:name:alias`, `account:function:name`, `name:alias`.
    let name = name.split_once(":function:").map_or(&*name, |(_, name)| name);
    Some((operation, name.split_once(':').map_or(name, |(name, _)| name).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_many_ways() {
        for name in [
            "shop",
            "shop:live",
            "shop%3A%24LATEST",
            "123456789012:function:shop",
            "arn:aws:lambda:eu-west-1:123456789012:function:shop",
            "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ashop%3Alive",
        ] {
            let path = format!("/2015-03-31/functions/{name}/invocations");
            assert_eq!(operation(&path), Some((Operation::Invoke, "shop".to_owned())), "{name}");
        }
    }

    #[test]
    fn a_function_may_be_called_function() {
        for name in ["function", "function:live", "123456789012:function:function:live"] {
            let found = operation(&format!("/2015-03-31/functions/{name}/invocations"));
            assert_eq!(found, Some((Operation::Invoke, "function".to_owned())), "{name}");
        }
    }

    #[test]
    fn three_operations_are_known() {
        let of = |path: &str| operation(path).map(|(operation, _)| operation);
        assert_eq!(of("/2021-11-15/functions/a/response-streaming-invocations"), Some(Operation::Stream));
        assert_eq!(of("/2014-11-13/functions/a/invoke-async"), Some(Operation::Async));
        assert_eq!(of("/2014-11-13/functions/a/invoke-async/"), Some(Operation::Async));
        assert_eq!(of("/2015-03-31/functions"), None);
        assert_eq!(of("/2015-03-31/functions/a/invocations/x"), None);
    }
}
