//! Every fixture as the request that an app would see.

mod framing;
mod function_url;
mod http_api;
mod load_balancer;
mod not_http;
mod rest_api;
mod vpc_lattice;
mod web_socket;
