/** A certificate for 127.0.0.1 and localhost, its own authority, valid until 2126. Good for tests, and nothing else. */
export const certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUQJse++pNb0md1a2ObpiTVMsK6HEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEwNDIyOFoYDzIxMjYxMDI5
MTA0MjI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARMPfsE90gm3H20entyiCpRKNj/TkYOfMDU8BTu2XF7q/sM+uov+0gI
r1oMJp3Yz7+6eH4gdNcK4i1bQlkwgxrUo28wbTAdBgNVHQ4EFgQUGFm2Ph/+uh63
/j+FNQP3f7xeFeowHwYDVR0jBBgwFoAUGFm2Ph/+uh63/j+FNQP3f7xeFeowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDRwAwRAIgBvOa/g4or0+MCKy6au60hi4mUoKD07pMzucOtiMw05wCIFEb
pKwYV8bjb5DCq8mS+Nq5Zbs1YHkok9+VOFP+eSCX
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgm2CjOgAuSeQ5Hyir
/1fJ/a0vsMGBTlWtPVwGIZd8OZ6hRANCAARMPfsE90gm3H20entyiCpRKNj/TkYO
fMDU8BTu2XF7q/sM+uov+0gIr1oMJp3Yz7+6eH4gdNcK4i1bQlkwgxrU
-----END PRIVATE KEY-----`,
} as const;
