"""A handler for each adapter; each imports only its own."""

import asgi
import wsgi


def mangum(event, context):
    from mangum import Mangum

    return Mangum(asgi.app, lifespan="off")(event, context)


def apig_wsgi(event, context):
    from apig_wsgi import make_lambda_handler

    return make_lambda_handler(wsgi.app, binary_support=True)(event, context)


def serverless_wsgi(event, context):
    from serverless_wsgi import handle_request

    return handle_request(wsgi.app, event, context)


def sippycup(event, context):
    from sippycup import sippycup

    return sippycup(wsgi.app, event, context)
