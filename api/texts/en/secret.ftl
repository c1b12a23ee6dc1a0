# A secret of a partner, shown once.
secret-of-credential = The secret of the credential
secret-of-endpoint = The secret of the endpoint
secret-before = <strong>Done before.</strong> This form was sent before, and its secret was shown then. It is shown once only: if nobody has it, make another one.
secret-done = <strong>Done.</strong> This is the only time that the secret is shown. Keep it where your program finds it, and nobody else does.
secret-id = Id
secret-secret = Secret
secret-go-on = Go on
secret-how-long = choose how long the present secret goes on
