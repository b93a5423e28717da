// Package peers starts real servers for tests: an MIT KDC, Apache with Kerberos and NTLM, Apache with client
// certificates in every way a site can ask for them, and an acceptor that insists on channel binding. They are
// servers that nobody here wrote, so a client that logs in to them did not just agree with its own author.
//
// Everything runs on loopback, without privileges (as nobody, if the test runs as root), in one private folder, and
// ends with the test, even if the test is killed. It needs the Debian packages that install.sh installs.
package peers
