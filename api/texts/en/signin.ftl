# Signing in and up.
signin-sign-in = Sign in
signin-we-mail-you-a-link = We mail you a link. There is no password.
signin-your-e-mail-address = Your e-mail address
signin-mail-me-a-link = Mail me a link
signin-new-here-sign-up = New here? <signup>Sign up</signup>.
signin-you-are-here-already-then = You are here already? Then the same link signs you in. <signin>Sign in</signin>
signin-sign-up = Sign up
signin-we-mail-you-a-link-2 = We mail you a link. Whoever opens it has this address here from then on; there is no password. Signing up costs nothing and gives no role: you ask a team or a cooperative to join it, or found a team of your own.
signin-the-link-of-your-mail = The link of your mail brought you here. It signs this browser in, once.
signin-you-did-not-ask-for = You did not ask for it? Close this page: nothing happens.
signin-look-at-your-mail = Look at your mail
signin-if-somebody-here-has-this = If somebody here has this address, or it asked to sign up, a mail is on its way. Open the link in it, on any device; or type its code here. Both work for 15 minutes.
signin-the-code-in-the-mail = The code in the mail
signin-no-mail-look-among-the = No mail? Look among the unwanted ones, then <again>ask once more</again>, with the address to which you were invited.
signin-this-code-does-not-work = This code does not work any more
signin-it-is-older-than-15 = It is older than 15 minutes, too many others were typed, or it was asked for in another browser. Its link may have ended with it.
signin-ask-for-a-new-one = Ask for a new one
signin-no-address = This is no e-mail address. It has a name, an @ and the place where the mail goes.
signin-wrong-code = This is not the code in the newest mail. { $left ->
        [one] { $left } try is
       *[other] { $left } tries are
    } left.
signin-only-invited = Only people who were invited come in here
signin-only-invited-how = Nobody signs up here without an invitation. Ask the owners of your team or organisation to invite your address; the mail that you get then has a link.
signin-only-invited-already = You were invited, or are here already?
