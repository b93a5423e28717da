package refusal

var (
	authorize = []Endpoint{OAuth, Certificate, Integrated, JWT}
	everyPost = []Endpoint{OAuth, Certificate, Integrated, JWT, Device, Token}
	bearer    = []Endpoint{Verify, Revoke}
)

// fallback fits every answer.
var fallback = Row{
	ID: "other", Class: Unknown,
	Cause: "The server refused without a reason that is known.",
	Next:  "Look in the log of the Trust Protection Platform server at the time of the request (Default SQL Channel, or the event log) and fix what it names.",
}

// Table holds every row, in the order of the troubleshooting page. A row whose answers have no text fits by code or
// by status, after all rows with a text have been tried.
var Table = []Row{
	// Authorize/OAuth.
	{
		ID: "password-wrong", Endpoints: []Endpoint{OAuth}, Class: Credentials,
		Answers: []Answer{
			{Modern, 400, "invalid_grant", "Username/password combination not valid"},
			{Legacy, 401, "", "Username/password combination not valid"},
		},
		Cause: "The user name or the password is wrong, or the account is locked, disabled, expired or must change its password: the server does not say which.",
		Next:  `Check username and password by logging in to the web console as that user. Write the user name with its provider, as in "local:name" or "AD+connection:name", if the bare name is ambiguous. Unlock the account first if it was locked: every further try counts.`,
	},
	{
		ID: "password-missing", Endpoints: []Endpoint{OAuth}, Class: Credentials,
		Answers: []Answer{
			{Modern, 400, "invalid_grant", "Missing username or password"},
			{Legacy, 400, "", "Missing username or password"},
		},
		Cause: "The user name or the password that reached the server was empty.",
		Next:  "Check where username and password come from: a variable or a secret of the pipeline may be empty.",
	},
	{
		ID: "password-disabled", Endpoints: []Endpoint{OAuth}, Class: Disabled,
		Answers: []Answer{
			{Modern, 400, "invalid_request", "Username/Password authentication not enabled"},
			{Legacy, 400, "", "Username/Password authentication not enabled"},
		},
		Cause: "The server does not take passwords at Authorize/OAuth.",
		Next:  "Use another grant, such as vedauth_jwt_token or vedauth_certificate_token, or have an administrator enable password authentication in the OAuth settings.",
	},
	// Authorize/Certificate.
	{
		ID: "certificate-disabled", Endpoints: []Endpoint{Certificate}, Class: Disabled,
		Answers: []Answer{
			{Modern, 401, "invalid_request", "Certificate authentication not enabled"},
			{Legacy, 401, "", "Certificate authentication not enabled"},
		},
		Cause: "The server does not take client certificates at Authorize/Certificate.",
		Next:  "Have an administrator enable certificate authentication in the OAuth settings, or use another grant.",
	},
	{
		ID: "certificate-identity", Endpoints: []Endpoint{Certificate}, Class: Credentials,
		Answers: []Answer{
			{Modern, 401, "invalid_grant", "Certificate did not contain an acceptable identity"},
			{Legacy, 401, "", "Certificate did not contain an acceptable identity"},
		},
		Cause: "The field of the certificate from which the server takes the identity (UPN, e-mail address or common name) is missing, or names nobody it knows.",
		Next:  "Compare the certificate's subject and alternative names with SourceField in the server's certificate configuration.",
	},
	{
		ID: "certificate-issuer", Endpoints: []Endpoint{Certificate}, Class: Credentials,
		Answers: []Answer{
			{Modern, 401, "invalid_grant", "Certificate not signed by an approved issuer"},
			{Legacy, 401, "", "Certificate not signed by an approved issuer"},
		},
		Cause: "The issuer of the client certificate is not on the server's list.",
		Next:  "Have an administrator add the issuer's distinguished name to AuthorizedIssuerDns in the certificate configuration, or use a certificate of an issuer that is listed.",
	},
	{
		ID: "claim-type", Endpoints: []Endpoint{Certificate, Integrated}, Class: Credentials,
		Answers: []Answer{
			{Modern, 401, "invalid_grant", "Unhandled identity claim type"},
			{Legacy, 401, "", "Unhandled identity claim type"},
		},
		Cause: "The server authenticated the caller but cannot turn that kind of identity into one of its users.",
		Next:  "Have an administrator compare the certificate or Windows account with the identity providers that the server is configured for.",
	},
	// All authorize calls.
	{
		ID: "client-id-missing", Endpoints: everyPost, Class: Client,
		Answers: []Answer{
			{Modern, 400, "invalid_request", "Application identifier is missing"},
			{Legacy, 400, "", "Application identifier is missing"},
		},
		Cause: "No client_id reached the server.",
		Next:  "Check that a proxy or gateway in front of the server passes the request body on unchanged.",
	},
	{
		ID: "no-rule", Endpoints: authorize, Class: Permission,
		Answers: []Answer{
			{Modern, 400, "unauthorized_client", "No rule/permission for identity [identity] exists"},
			{Legacy, 401, "", "Failed to issue grant: No rule/permission for identity [identity] exists"},
		},
		Cause: "The identity is known, but the API integration has no rule for it.",
		Next:  "Have an administrator add the user, or one of its groups, to the API integration that client_id names.",
	},
	{
		ID: "scope-not-authorized", Endpoints: authorize, Class: Scope,
		Answers: []Answer{
			{Modern, 400, "invalid_scope", "User is not authorized for the requested scope"},
			{Legacy, 403, "", "Failed to issue grant: User is not authorized for the requested scope"},
		},
		Cause: "The scope asks for more than the API integration, or the user's rule on it, allows.",
		Next:  "Ask for less in scope, or have an administrator widen the scope of the API integration or of the rule.",
	},
	{
		ID: "grant-not-issued", Endpoints: authorize, Class: Unknown,
		Answers: []Answer{
			{Modern, 401, "invalid_grant", "Failed to issue grant: [error]"},
			{Legacy, 401, "", "Failed to issue grant: [error]"},
		},
		Cause: "The server authenticated the caller and then could not issue a grant, for the reason it gives after the colon.",
		Next:  "Follow the server's reason; if it is not plain, look in the server's log at the time of the request. Usual causes: no rule for the user on the API integration, a scope that the integration lacks, or (for a JWT) no mapping that fits its claims.",
	},
	{
		ID: "browser-disabled", Endpoints: []Endpoint{Device, Token}, Class: Disabled,
		Answers: []Answer{
			{Modern, 400, "invalid_client", "Browser-based authentication is disabled"},
			{Legacy, 400, "", "Browser-based authentication is disabled"},
		},
		Cause: "The device flow needs browser-based authentication, which the server does not offer.",
		Next:  "Use another grant, or have an administrator enable browser-based (SAML) authentication and the device flow.",
	},
	// Authorize/Token.
	{
		ID: "refresh-token-dead", Endpoints: []Endpoint{Token}, Class: Grant,
		Answers: []Answer{
			{Modern, 400, "invalid_grant", "Grant has been revoked, has expired, or the refresh token is invalid"},
			{Legacy, 400, "", "Grant has been revoked, has expired, or the refresh token is invalid"},
			{Legacy, 400, "", "Grant Token has been revoked, has expired, or the refresh token is invalid"},
		},
		Cause: "The refresh token was used before (each works once), or its grant was revoked or has ended.",
		Next:  "Obtain a new grant. If the same refresh token is used in several places, give each its own grant.",
	},
	{
		ID: "refresh-client-mismatch", Endpoints: []Endpoint{Token}, Class: Client,
		Answers: []Answer{
			{Modern, 400, "invalid_grant", "The client_id value being requested with the refresh token does not match the client_id of the access token making the call"},
			{Legacy, 400, "", "The client_id value being requested with the refresh token does not match the client_id of the access token making the call"},
		},
		Cause: "The client_id is not the one that the grant was made with. It is case-sensitive.",
		Next:  "Set client_id to the value that the grant was made with. The refresh token has not been used up.",
	},
	{
		ID: "device-pending", Endpoints: []Endpoint{Token}, Class: Pending,
		Answers: []Answer{{Modern, 400, "authorization_pending", ""}},
		Cause:   "The person has not confirmed yet.",
		Next:    "Open the address that was shown and enter the code.",
	},
	{
		ID: "device-slow-down", Endpoints: []Endpoint{Token}, Class: Pending,
		Answers: []Answer{{Modern, 400, "slow_down", ""}},
		Cause:   "The server asks to be asked less often.",
		Next:    "Wait.",
	},
	{
		ID: "device-denied", Endpoints: []Endpoint{Token}, Class: Grant,
		Answers: []Answer{{Modern, 400, "access_denied", ""}},
		Cause:   "The person refused the request in the browser.",
		Next:    "Run Terraform again and confirm the request.",
	},
	{
		ID: "device-expired", Endpoints: []Endpoint{Token}, Class: Grant,
		Answers: []Answer{{Modern, 400, "expired_token", ""}},
		Cause:   "The device code ended before anybody confirmed it.",
		Next:    "Run Terraform again and confirm the request in time.",
	},
	{
		ID: "token-invalid-grant", Endpoints: []Endpoint{Token}, Class: Grant,
		Answers: []Answer{{Modern, 400, "invalid_grant", ""}, {Modern, 400, "", ""}},
		Cause:   "The refresh token or device code is unknown, used, expired or revoked, or client_id is not the one it was made with.",
		Next:    "Check client_id, which is case-sensitive; then obtain a new grant.",
	},
	// By code, where the text is missing or unknown.
	{
		ID: "invalid-client", Endpoints: everyPost, Class: Disabled,
		Answers: []Answer{{Modern, 400, "invalid_client", ""}},
		Cause:   "The server does not know this client_id, or does not offer this grant to it.",
		Next:    "Compare client_id with the Application ID of the API integration, letter by letter: it is case-sensitive. For a device login, have browser-based authentication enabled.",
	},
	{
		ID: "invalid-request", Endpoints: everyPost, Class: Client,
		Answers: []Answer{{Modern, 400, "invalid_request", ""}},
		Cause:   "The server found client_id missing or had an internal error.",
		Next:    "Check client_id; if it is right, look in the server's log at the time of the request.",
	},
	{
		ID: "invalid-scope", Endpoints: everyPost, Class: Scope,
		Answers: []Answer{{Modern, 400, "invalid_scope", ""}},
		Cause:   "The scope is missing, malformed, or more than the API integration allows.",
		Next:    `Write scope as "certificate:manage,discover;configuration" and keep to what the API integration grants; provider::vedauth::scope() builds it.`,
	},
	{
		ID: "invalid-grant-password", Endpoints: []Endpoint{OAuth}, Class: Credentials,
		Answers: []Answer{{Modern, 400, "invalid_grant", ""}},
		Cause:   "The user name or password is wrong, the scope is not allowed for the API integration, or client_id names no integration.",
		Next:    "Check username and password first, then client_id (case-sensitive) and scope against the API integration.",
	},
	{
		ID: "invalid-grant", Endpoints: []Endpoint{Certificate, Integrated, JWT}, Class: Credentials,
		Answers: []Answer{{Modern, 400, "invalid_grant", ""}},
		Cause:   "The identity was not accepted, the scope is not allowed for the API integration, or client_id names no integration.",
		Next:    "Check client_id (case-sensitive) and scope against the API integration, then how the server maps this certificate, account or JWT to a user.",
	},
	{
		ID: "unauthorized-client", Endpoints: everyPost, Class: Permission,
		Answers: []Answer{{Modern, 400, "unauthorized_client", ""}, {Legacy, 403, "", ""}},
		Cause:   "The user may not use this API integration, or the scope asks for more than is allowed.",
		Next:    "Have an administrator add the user to the API integration that client_id names, and compare scope with it.",
	},
	{
		ID: "unauthorized", Endpoints: everyPost, Class: Credentials,
		Answers: []Answer{{Legacy, 401, "", ""}},
		Cause:   "The server did not accept the credentials.",
		Next:    "Check the credentials; if they are right, look in the server's log at the time of the request.",
	},
	{
		ID: "bad-request", Endpoints: []Endpoint{OAuth, Certificate, Integrated, JWT, Device}, Class: Credentials,
		Answers: []Answer{{Modern, 400, "", ""}},
		Cause:   "The server refused the request without saying why: the credentials, client_id or scope are wrong.",
		Next:    "Check the credentials, client_id (case-sensitive) and scope against the API integration, then look in the server's log at the time of the request.",
	},
	// Verify and Revoke.
	{
		ID: "scope-insufficient", Endpoints: bearer, Class: Scope,
		Answers: []Answer{
			{Modern, 403, "insufficient_scope", "Grant rejected scope [scope]"},
			{Legacy, 401, "", "Grant rejected scope [scope]"},
			{Modern, 401, "insufficient_rights", ""},
			{Modern, 403, "", ""},
		},
		Cause: "The server does not let this token make this call.",
		Next:  "Have an administrator look at the server's rules for GET Revoke/Token and GET Authorize/Verify; they should be open to every token.",
	},
	{
		ID: "token-dead", Endpoints: bearer, Class: Bearer,
		Answers: []Answer{
			{Modern, 401, "invalid_token", "The access token provided is expired, revoked, malformed, or invalid for other reasons"},
			{Modern, 401, "invalid_token", "Grant not found"},
			{Modern, 401, "invalid_token", "Invalid token format"},
			{Modern, 401, "session_error", "Invalid token format"},
			{Legacy, 401, "expired_token", "Access token expired"},
			{Modern, 401, "invalid_token", ""},
			{Modern, 401, "", ""},
		},
		Cause: "The access token is expired, revoked, superseded by a refresh, or was never one of this server's.",
		Next:  "Obtain a new token.",
	},
}
