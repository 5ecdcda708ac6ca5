//! The manual.
//!
//! | you want to | page |
//! |---|---|
//! | see it work | [first ten minutes](first_ten_minutes) |
//! | move an app here from `axum::serve`, `lambda_http`, the Lambda Web Adapter or Python | [coming from](coming_from) |
//! | know how it differs from `lambda_http`, the Lambda Web Adapter, `axum-aws-lambda` | [comparison] |
//! | know what is supported, what is not, and Cargo's features | [features] |
//! | choose between an HTTP API, a REST API, a function URL, a load balancer | [front doors](front_doors) |
//! | have links, redirects and cookies right under a stage or a custom domain | [base paths](base_paths) |
//! | have OpenAPI, Swagger UI, GraphQL, Leptos, gRPC-web or MCP below a base path | [under a base path](under_a_base_path) |
//! | know who sent a request: claims, client address, the request context | [contexts] |
//! | send answers as they are made | [streaming] |
//! | use a WebSocket API | [WebSocket](websocket) |
//! | do something at the start, after an answer, or before the process ends | [background work](background_work) |
//! | see what happens: logs, metrics, traces | [logs] |
//! | decide what a client gets when something fails | [failures] |
//! | take events of queues, schedules, authorizers | [events that are not HTTP](events) |
//! | test | [testing] |
//! | run AWS's front doors on your machine | [the local gateway](local_gateway) |
//! | see each request with its event, answer and response | [the inspector](inspector) |
//! | run your SAM template, CDK app, Terraform plan or OpenAPI definition on your machine | [templates] |
//! | run your authorizers on your machine, and get tokens to try them | [authorizers] |
//! | copy something that works | [examples] |
//! | know what this and other adapters lose on the way | [conformance] |
//! | deploy | [deploying] |
//! | know what it costs | [performance] |
//! | find out what is wrong | [troubleshooting] |
//! | know what is trusted | [security] |
//! | change SippyCup | [how it works](how_it_works) |
//!
//! Every Rust block of it is compiled, and run where that is possible.
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | front door | what stands between clients and a function: a REST, HTTP or WebSocket API, a function URL, a load balancer, VPC Lattice |
//! | event | the JSON that a front door, or another service, sends to the function |
//! | invocation | one event that the function works on |
//! | app | the tower service that you wrote |
//! | function | the process that Lambda starts: the app with SippyCup around it, or a program in any language |
//! | answer | what the app or the function gives back |
//! | response | what the client gets; the front door makes it of the answer |
//! | base path | what stands in front of the app's own paths in the public URL: a stage, the base path of a custom domain, or both |
//! | stage, mapping, authorizer, binary media types | as in AWS's documentation |

macro_rules! pages {
    ($($page:ident)*) => {$(
        pub mod $page {
            #![doc = include_str!(concat!("guide/", stringify!($page), ".md"))]
        }
    )*};
}

pages! { authorizers background_work base_paths coming_from comparison conformance contexts deploying events examples failures features first_ten_minutes front_doors how_it_works inspector local_gateway logs performance security streaming templates testing troubleshooting under_a_base_path websocket }
