//! What does my app see behind this gateway? Run with `cargo run -p mirror`, or deploy it.

use sippycup::{BasePath, BinaryPolicy, BoxError, SippyCupLayer};

mod mirror;
mod plan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = std::env::var("MIRROR_OPTIONS").unwrap_or_default();
    let (layer, stream) = configured(&options)?;
    let serve = sippycup::serve(mirror::app()).layer(layer);
    if stream {
        serve.streaming().await?
    } else {
        serve.await?
    }
    Ok(())
}

/// The layer that the comma-separated options describe, and whether answers are streamed.
fn configured(options: &str) -> Result<(SippyCupLayer, bool), BoxError> {
    let mut layer = SippyCupLayer::new();
    let mut stream = false;
    let mut base64 = Vec::new();
    for option in options.split(',').map(str::trim).filter(|option| !option.is_empty()) {
        layer = match option.split_once('=').unwrap_or((option, "")) {
            ("mount-at-resource", "") => layer.mount_at_resource(true),
            ("base-path", path) => layer.base_path(BasePath::try_from(path)?),
            ("no-rewrite-location", "") => layer.rewrite_location(false),
            ("rewrite-cookie-path", "") => layer.rewrite_cookie_path(true),
            ("no-rewrite-cookie-path", "") => layer.rewrite_cookie_path(false),
            ("public-host", host) => layer.public_host(host.parse()?),
            ("forwarded-hops", hops) => layer.forwarded_hops(hops.parse()?),
            ("base64", media_type) => {
                base64.push(media_type.to_owned());
                layer
            }
            ("stream", "") => {
                stream = true;
                layer
            }
            _ => return Err(format!("unknown option `{option}` in MIRROR_OPTIONS").into()),
        };
    }
    Ok((layer.binary_policy(BinaryPolicy::default().base64_for(base64)), stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_or_refused() {
        let all = "mount-at-resource, base-path=/x,no-rewrite-location,rewrite-cookie-path,no-rewrite-cookie-path,\
            public-host=shop.example.com,forwarded-hops=2,base64=image/*,stream";
        assert!(configured(all).unwrap().1);
        assert!(!configured("").unwrap().1);
        assert!(configured("streem").is_err());
        for refused in ["base-path=/a b", "public-host=a b", "forwarded-hops=x"] {
            assert!(configured(refused).is_err(), "{refused}");
        }
    }
}
