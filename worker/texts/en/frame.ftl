# What stands around every mail.
frame-by-a-machine = A machine wrote this mail; nobody reads answers to it.
frame-of-a-sandbox = This mail is of a sandbox book: no money was moved, and it was sent to nobody.
frame-because = You get this mail because { $why }.
frame-always = It cannot be turned off.
frame-no-more = To get no more mails about { $about }
frame-may-be-turned-off = Mails about { $about } can be turned off: PUT /v1/me/mail-preferences.
frame-waiting = What waits for you
frame-gifts = What you gave, to look at, change or cancel; the link is yours alone
frame-about-decisions = how something ended in which you had a part
frame-about-deadlines = work that waits for you in an office that you hold
frame-about-money = money that came or went as it should
frame-about-news = what is good to know
