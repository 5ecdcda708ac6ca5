//! Other people's services and middleware, as they are.

mod axum;
mod grpc;
mod stacks;
mod warp;
